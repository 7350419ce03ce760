import { DAY_MS } from "../../values/durations.ts";
/**
 * What somebody seems to want, from what they did: the input of recommendations. Of each thing and each way of
 * showing an interest in it only the newest time is kept, and of these the strongest. Both are choices of a greatest,
 * so the same facts end in the same signals whatever order they come in and however often, although few are kept.
 */

export type Interest = "viewed" | "carted" | "ordered";

export interface Signal {
  item_id: string;
  /** Products and courses may have the same ids. */
  of: "product" | "course";
  interest: Interest;
  /** The newest time it was shown. */
  at_ms: number;
}

/** The time of each product's latest view, by product id. */
export type Viewed = Readonly<Record<string, number>>;

// No source fixes these numbers. They are named here, and nowhere else, for whoever knows the shop better.

/** An interest of two weeks ago counts half. */
export const HALF_LIFE_MS = 14 * DAY_MS;

/** Powers of two, so that each is a whole number of half-lives and no comparison depends on rounding. */
export const WEIGHTS: Readonly<Record<Interest, number>> = { viewed: 1, carted: 4, ordered: 8 };

/** So many are kept of one user: an order alone may have 200 items. At some 100 bytes each, a small document. */
export const MAX_SIGNALS = 100;

/** So many products are kept of what a user looked at: with the longest ids, those of 500 users fit into a commit. */
export const MAX_VIEWED = 30;

/** The signals after some more were heard of; the very same list where nothing changes. */
export function applySignals(known: readonly Signal[], heard: readonly Signal[]): readonly Signal[] {
  const newest = new Map(known.map(signal => [keyOf(signal), signal]));
  for (const { item_id, of, interest, at_ms } of heard) {
    const signal = { item_id, of, interest, at_ms };
    const before = newest.get(keyOf(signal));
    if (!before || before.at_ms < at_ms) newest.set(keyOf(signal), signal);
  }
  const kept = [...newest.values()].sort(byStrength).slice(0, MAX_SIGNALS);
  const isSame = kept.length === known.length && kept.every((signal, index) => signal === known[index]);
  return isSame ? known : kept;
}

/** What a user looked at after some more views were heard of. */
export function applyViews(
  known: Viewed,
  heard: Iterable<readonly [productId: string, atMs: number]>,
): Viewed {
  const newest = new Map(Object.entries(known));
  for (const [productId, atMs] of heard) newest.set(productId, Math.max(atMs, newest.get(productId) ?? atMs));
  const newestFirst = [...newest].sort(([a, aMs], [b, bMs]) => bMs - aMs || (a < b ? -1 : 1));
  return Object.fromEntries(newestFirst.slice(0, MAX_VIEWED));
}

export function signalsOfViews(viewed: Viewed): Signal[] {
  const signals = Object.entries(viewed);
  return signals.map(([item_id, at_ms]) => ({ item_id, of: "product", interest: "viewed", at_ms }));
}

/** How strong a signal is at a time: its weight, halved for every two weeks since. */
export function strengthAt({ interest, at_ms }: Signal, nowMs: number): number {
  return WEIGHTS[interest] * 2 ** ((at_ms - nowMs) / HALF_LIFE_MS);
}

/** The strongest first. As all fade alike, which of two is the stronger never changes: no time is needed to tell. */
function byStrength(left: Signal, right: Signal): number {
  const difference = lastingStrength(right) - lastingStrength(left);
  return difference || (keyOf(left) < keyOf(right) ? -1 : 1);
}

/** The logarithm of the strength, in milliseconds of fading. */
function lastingStrength({ interest, at_ms }: Signal): number {
  return Math.log2(WEIGHTS[interest]) * HALF_LIFE_MS + at_ms;
}

function keyOf({ item_id, of, interest }: Signal): string {
  return `${of} ${interest} ${item_id}`;
}
