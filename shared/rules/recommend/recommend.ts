/**
 * Item-to-item recommendations: items that are liked together more often than chance explains. The score is the
 * log-likelihood ratio of Ted Dunning ("Accurate Methods for the Statistics of Surprise and Coincidence", 1993). Old
 * interests count less. Weights are whole thousandths, so a sum is the same in every order of addition.
 */
import type { Signal } from "./signals.ts";
import { strengthAt, WEIGHTS } from "./signals.ts";

/** The likes of a user by item, in thousandths: from 1 to 1,000. An order of just now is 1,000. */
export type Likes = ReadonlyMap<string, number>;

/** The items that go together with an item, best first. */
export type Neighbours = readonly { item: string; score: number }[];

/** Sums of likes over all users. */
export interface Together {
  /** Sum of the strongest like of each user. */
  all: number;
  /** Sums of likes by item. */
  single: ReadonlyMap<string, number>;
}

/** The strongest like, in thousandths. */
const FULL = 1_000;

/** Max likes of one user, the strongest. 12 likes give 66 pairs. */
export const MAX_LIKES = 12;
export const MAX_NEIGHBOURS = 20;
export const MAX_RECOMMENDED = 10;

/**
 * Min sum of likes together for an affinity, in thousandths: 1.5 times the weight of a fresh view. A smaller sum may
 * be chance, because the ratio of two rare items is large after one user.
 */
const MIN_TOGETHER = 1.5 * WEIGHTS.viewed * (FULL / WEIGHTS.ordered);

/** Derives a user's likes at a time from the signals about products: the strongest signal of each product counts. */
export function likesOf(signals: readonly Signal[], nowMs: number): Likes {
  const strongest = new Map<string, number>();
  for (const signal of signals) {
    if (signal.of !== "product") continue;
    const strength = Math.min(FULL, Math.round((strengthAt(signal, nowMs) / WEIGHTS.ordered) * FULL));
    if (strength < 1) continue;
    strongest.set(signal.item_id, Math.max(strength, strongest.get(signal.item_id) ?? 0));
  }
  return new Map([...strongest].sort(byScore).slice(0, MAX_LIKES));
}

/** Min viewed products of a user without carts and orders. Fewer say too little for recommendations of their own. */
const MIN_VIEWED = 3;

/** Tells whether enough is known about a user: a product in a cart, an order, or MIN_VIEWED viewed products. */
export function isKnown(signals: readonly Signal[]): boolean {
  const ofProducts = signals.filter(({ of }) => of === "product");
  if (ofProducts.some(({ interest }) => interest !== "viewed")) return true;
  return new Set(ofProducts.map(({ item_id }) => item_id)).size >= MIN_VIEWED;
}

/** Lists the pairs of a user's likes, sorted by item. `together` is the weaker like of the pair. */
export function pairsOf(likes: Likes): { a: string; b: string; together: number }[] {
  const items = [...likes].sort(([a], [b]) => (a < b ? -1 : 1));
  return items.flatMap(([a, likedA], index) =>
    items.slice(index + 1).map(([b, likedB]) => ({ a, b, together: Math.min(likedA, likedB) })),
  );
}

/**
 * Calculates the log-likelihood ratio of two items: how far their likes together exceed chance. The order of the two
 * items plays no part.
 * @returns 0 when chance explains the likes together
 */
export function affinity(together: number, { a, b, all }: { a: number; b: number; all: number }): number {
  if (together < MIN_TOGETHER || together * all <= a * b) return 0;
  const counts = [together, a - together, b - together, all - a - b + together].map(
    n => Math.max(0, n) / FULL,
  );
  const [both = 0, onlyA = 0, onlyB = 0, neither = 0] = counts;
  const rows = entropy([both + onlyA, onlyB + neither]);
  const columns = entropy([both + onlyB, onlyA + neither]);
  return Math.max(0, 2 * (rows + columns - entropy([both, onlyA, onlyB, neither])));
}

/** Calculates the unnormalised entropy of counts. */
function entropy(counts: readonly number[]): number {
  const sum = counts.reduce((total, count) => total + count, 0);
  return xLogX(sum) - counts.reduce((total, count) => total + xLogX(count), 0);
}

function xLogX(x: number): number {
  return x === 0 ? 0 : x * Math.log(x);
}

/**
 * Scores the items that were liked together with an item.
 * @param partners each such item, with the sum of likes together
 * @returns the best MAX_NEIGHBOURS
 */
export function neighboursOf(
  item: string,
  partners: Iterable<readonly [item: string, together: number]>,
  { all, single }: Together,
): Neighbours {
  const a = single.get(item) ?? 0;
  const scored = [...partners].map(
    ([other, together]) => [other, affinity(together, { a, b: single.get(other) ?? 0, all })] as const,
  );
  const best = scored.filter(([, score]) => score > 0).sort(byScore);
  return best.slice(0, MAX_NEIGHBOURS).map(([other, score]) => ({ item: other, score }));
}

/**
 * Recommends items by a user's likes and the neighbours of these.
 * @param seen items that the user already showed an interest in: never recommended
 * @returns the best MAX_RECOMMENDED items
 */
export function recommended(
  likes: Likes,
  { seen, neighbours }: { seen: ReadonlySet<string>; neighbours: ReadonlyMap<string, Neighbours> },
): string[] {
  const scores = new Map<string, number>();
  for (const [liked, strength] of likes) {
    for (const { item, score } of neighbours.get(liked) ?? []) {
      // The square root dampens the score: twice the ratio does not mean twice the interest.
      if (!seen.has(item)) scores.set(item, (scores.get(item) ?? 0) + (strength / FULL) * Math.sqrt(score));
    }
  }
  return [...scores]
    .sort(byScore)
    .slice(0, MAX_RECOMMENDED)
    .map(([item]) => item);
}

/** Sorts the highest score first, and equal scores by name. */
function byScore([a, x]: readonly [string, number], [b, y]: readonly [string, number]): number {
  return y - x || (a < b ? -1 : 1);
}
