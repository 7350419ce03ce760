/**
 * The interests of a user, derived from actions: the input of recommendations. Each item and kind of interest keeps
 * only its newest time, and the strongest signals stay. Both steps choose a maximum. The same facts therefore give the
 * same signals in every order of arrival and after any number of deliveries.
 */
import { DAY_MS } from "../../values/durations.ts";

export type Interest = "viewed" | "carted" | "ordered";

export interface Signal {
  item_id: string;
  /** Kind of the item, because a product and a course may have the same id. */
  of: "product" | "course";
  interest: Interest;
  /** Time of the latest action with this interest. */
  at_ms: number;
}

/** The time of each product's latest view, by product id. */
export type Viewed = Readonly<Record<string, number>>;

// No source fixes these numbers. The owner of a shop adjusts them here, the only place that names them.

/** Time after which an interest counts half: two weeks. */
export const HALF_LIFE_MS = 14 * DAY_MS;

/** Weight of each interest. A power of two is a whole number of half-lives, so no comparison depends on rounding. */
export const WEIGHTS: Readonly<Record<Interest, number>> = { viewed: 1, carted: 4, ordered: 8 };

/** Max signals kept of one user, because one order may have 200 items. At about 100 bytes each a small document. */
export const MAX_SIGNALS = 100;

/** Max viewed products kept of one user. With the longest ids, the products of 500 users fit into one commit. */
export const MAX_VIEWED = 30;

/**
 * Adds signals to those of a user.
 * @returns the list that was passed in when nothing changes
 */
export function applySignals(known: readonly Signal[], received: readonly Signal[]): readonly Signal[] {
  const newest = new Map(known.map(signal => [signalKey(signal), signal]));
  for (const { item_id, of, interest, at_ms } of received) {
    const signal = { item_id, of, interest, at_ms };
    const before = newest.get(signalKey(signal));
    if (!before || before.at_ms < at_ms) newest.set(signalKey(signal), signal);
  }
  const kept = [...newest.values()].sort(byLastingStrength).slice(0, MAX_SIGNALS);
  const isSame = kept.length === known.length && kept.every((signal, index) => signal === known[index]);
  return isSame ? known : kept;
}

/** Adds views to the viewed products of a user. The MAX_VIEWED latest stay. */
export function applyViews(
  known: Viewed,
  received: Iterable<readonly [productId: string, atMs: number]>,
): Viewed {
  const newest = new Map(Object.entries(known));
  for (const [productId, atMs] of received)
    newest.set(productId, Math.max(atMs, newest.get(productId) ?? atMs));
  const newestFirst = [...newest].sort(([a, aMs], [b, bMs]) => bMs - aMs || (a < b ? -1 : 1));
  return Object.fromEntries(newestFirst.slice(0, MAX_VIEWED));
}

/** Converts viewed products to signals. */
export function signalsOfViews(viewed: Viewed): Signal[] {
  const signals = Object.entries(viewed);
  return signals.map(([item_id, at_ms]) => ({ item_id, of: "product", interest: "viewed", at_ms }));
}

/** Calculates the strength of a signal at a time: its weight, halved for each HALF_LIFE_MS since its time. */
export function strengthAt({ interest, at_ms }: Signal, nowMs: number): number {
  return WEIGHTS[interest] * 2 ** ((at_ms - nowMs) / HALF_LIFE_MS);
}

/** Sorts the strongest first. All signals fade alike, so the order of two signals is the same at any time. */
function byLastingStrength(left: Signal, right: Signal): number {
  const difference = lastingStrength(right) - lastingStrength(left);
  return difference || (signalKey(left) < signalKey(right) ? -1 : 1);
}

/** Calculates the logarithm of the strength, in milliseconds of fading. */
function lastingStrength({ interest, at_ms }: Signal): number {
  return Math.log2(WEIGHTS[interest]) * HALF_LIFE_MS + at_ms;
}

function signalKey({ item_id, of, interest }: Signal): string {
  return `${of} ${interest} ${item_id}`;
}
