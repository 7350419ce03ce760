import type { Signal } from "./signals.ts";
import { strengthAt, WEIGHTS } from "./signals.ts";

/**
 * What to recommend: things that go together more often than chance would have it (the log-likelihood ratio of Ted
 * Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence", 1993), where what was shown long ago
 * counts less. Weights are whole thousandths, so that sums are the same in whatever order they are added.
 */

/** What a user likes, by item: from 1 to 1,000, an order of just now. */
export type Likes = ReadonlyMap<string, number>;

/** What goes together with an item, best first. */
export type Neighbours = readonly { item: string; score: number }[];

/** The sums over all users that say what goes together. */
export interface Together {
  /** Of all users: their strongest like. */
  all: number;
  /** By item. */
  single: ReadonlyMap<string, number>;
}

const FULL = 1_000;

/** A user's strongest likes: their pairs are half its square. */
export const MAX_LIKES = 12;
export const MAX_NEIGHBOURS = 20;
export const MAX_RECOMMENDED = 10;

/**
 * With fewer than so many users behind them two things meet by chance: the ratio of rare things is large at once. In
 * thousandths, as likes are.
 */
const MIN_TOGETHER = 1.5 * WEIGHTS.viewed * (FULL / WEIGHTS.ordered);

/** What somebody's signals say at a time about products: of each the strongest one, and of these the strongest. */
export function likesOf(signals: readonly Signal[], nowMs: number): Likes {
  const strongest = new Map<string, number>();
  for (const signal of signals) {
    if (signal.of !== "product") continue;
    const strength = Math.min(FULL, Math.round((strengthAt(signal, nowMs) / WEIGHTS.ordered) * FULL));
    if (strength < 1) continue;
    strongest.set(signal.item_id, Math.max(strength, strongest.get(signal.item_id) ?? 0));
  }
  return new Map([...strongest].sort(byStrength).slice(0, MAX_LIKES));
}

/** Who has only looked, and at fewer things, has shown too little to be recommended anything of their own. */
const MIN_LOOKED_AT = 3;

/** Whether somebody has shown enough of what they like: something in a cart, ordered, or a few things looked at. */
export function isKnown(signals: readonly Signal[]): boolean {
  const ofProducts = signals.filter(({ of }) => of === "product");
  if (ofProducts.some(({ interest }) => interest !== "viewed")) return true;
  return new Set(ofProducts.map(({ item_id }) => item_id)).size >= MIN_LOOKED_AT;
}

/** Each two of a user's likes, by name, and how much they were liked together: the weaker of both. */
export function pairsOf(likes: Likes): { a: string; b: string; together: number }[] {
  const items = [...likes].sort(([a], [b]) => (a < b ? -1 : 1));
  return items.flatMap(([a, likedA], index) =>
    items.slice(index + 1).map(([b, likedB]) => ({ a, b, together: Math.min(likedA, likedB) })),
  );
}

/**
 * How surprising it is that two things are liked together so much: zero where it is what chance or less would have
 * brought, the same whichever comes first.
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

/** The unnormalised entropy of counts. */
function entropy(counts: readonly number[]): number {
  const sum = counts.reduce((total, count) => total + count, 0);
  return xLogX(sum) - counts.reduce((total, count) => total + xLogX(count), 0);
}

function xLogX(x: number): number {
  return x === 0 ? 0 : x * Math.log(x);
}

/** What goes together with an item best, of all that was liked together with it. */
export function neighboursOf(
  item: string,
  partners: Iterable<readonly [item: string, together: number]>,
  { all, single }: Together,
): Neighbours {
  const a = single.get(item) ?? 0;
  const scored = [...partners].map(
    ([other, together]) => [other, affinity(together, { a, b: single.get(other) ?? 0, all })] as const,
  );
  const best = scored.filter(([, score]) => score > 0).sort(byStrength);
  return best.slice(0, MAX_NEIGHBOURS).map(([other, score]) => ({ item: other, score }));
}

/** The best of what somebody has not shown an interest in, by what they like and what goes together with it. */
export function recommended(
  likes: Likes,
  { seen, neighbours }: { seen: ReadonlySet<string>; neighbours: ReadonlyMap<string, Neighbours> },
): string[] {
  const scores = new Map<string, number>();
  for (const [liked, strength] of likes) {
    for (const { item, score } of neighbours.get(liked) ?? []) {
      // Of a surprise twice as large not twice as much is to be expected.
      if (!seen.has(item)) scores.set(item, (scores.get(item) ?? 0) + (strength / FULL) * Math.sqrt(score));
    }
  }
  return [...scores]
    .sort(byStrength)
    .slice(0, MAX_RECOMMENDED)
    .map(([item]) => item);
}

/** The strongest first; of two that are as strong, always the same. */
function byStrength([a, x]: readonly [string, number], [b, y]: readonly [string, number]): number {
  return y - x || (a < b ? -1 : 1);
}
