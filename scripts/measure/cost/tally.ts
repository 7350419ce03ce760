/** What is counted. In brackets: of what a part is the name. */
export const KINDS = [
  "documents read",
  /** [collection] */
  "documents written",
  /** [collection] */
  "documents deleted",
  /** [collection] Those that are there until their time is over, and each of which is one deletion then. */
  "documents expiring",
  /** [collection] */
  "bytes stored",
  /** [topic] */
  "messages published",
  /** [topic] As billed, when each comes in a request of its own: together they are less, which takes many of them. */
  "bytes published",
  /** [subscription] As billed. */
  "bytes delivered",
  /** [subscription] Messages that its filter drops, which are billed like those it delivers. */
  "bytes filtered out",
  /** [function] */
  "invocations",
  /** [function] */
  "milliseconds answering",
  /** [function] The same, each time rounded up as it is billed. */
  "milliseconds billed",
  "processor milliseconds",
  "task calls",
  /** [queue] */
  "tasks dispatched",
  "log bytes",
  /** [document] Written by whatever an event causes at once, not by what the clock calls. */
  "writes of a document",
  /** [ordering key] */
  "bytes of a key",
] as const;

export type Kind = (typeof KINDS)[number];

/** Numbers by kind and part. */
export type Counts = Readonly<Record<Kind, Readonly<Record<string, number>>>>;

export interface Tally {
  add(kind: Kind, part: string, count: number): void;
  /** What was counted so far. */
  counts(): Counts;
}

/** For what has no parts. */
export const ALL = "all";

export function createTally(): Tally {
  const counted = byKind((): Record<string, number> => ({}));
  return {
    add(kind, part, count) {
      counted[kind][part] = (counted[kind][part] ?? 0) + count;
    },
    counts: () => structuredClone(counted),
  };
}

/** `left` and so many times `right`, part by part. */
export function plus(left: Counts, right: Counts, times = 1): Counts {
  return byKind(kind => {
    const parts = new Set([...Object.keys(left[kind]), ...Object.keys(right[kind])]);
    return Object.fromEntries(
      [...parts].map(part => [part, (left[kind][part] ?? 0) + times * (right[kind][part] ?? 0)]),
    );
  });
}

export const nothing: Counts = byKind(() => ({}));

export const scaled = (counts: Counts, factor: number): Counts => plus(nothing, counts, factor);

/** What is less than nothing is noise of the clock: a call that came a moment before or after a measured hour. */
export function notBelowZero(counts: Counts): Counts {
  return byKind(kind =>
    Object.fromEntries(Object.entries(counts[kind]).map(([part, count]) => [part, Math.max(0, count)])),
  );
}

export function sumOf(counts: Counts, kind: Kind): number {
  return Object.values(counts[kind]).reduce((sum, count) => sum + count, 0);
}

function byKind<Value>(make: (kind: Kind) => Value): Record<Kind, Value> {
  return Object.fromEntries(KINDS.map(kind => [kind, make(kind)])) as Record<Kind, Value>;
}
