/** The counted kinds. Brackets name the resource that a part of a count belongs to. */
export const KINDS = [
  "documents read",
  /** [collection] */
  "documents written",
  /** [collection] */
  "documents deleted",
  /** [collection] Documents that a TTL policy will delete, each as one deletion. */
  "documents expiring",
  /** [collection] */
  "bytes stored",
  /** [topic] */
  "messages published",
  /** [topic] Billed bytes, with one request for each message. Batched messages would be billed less. */
  "bytes published",
  /** [subscription] Billed bytes. */
  "bytes delivered",
  /** [subscription] Billed bytes of messages that the filter drops. */
  "bytes filtered out",
  /** [function] */
  "invocations",
  /** [function] */
  "milliseconds answering",
  /** [function] The same, each request rounded up as Google bills it. */
  "milliseconds billed",
  "processor milliseconds",
  "task calls",
  /** [queue] */
  "tasks dispatched",
  "log bytes",
  /** [document] Writes that an event causes at once, without scheduled calls. */
  "writes of a document",
  /** [ordering key] */
  "bytes of a key",
] as const;

export type Kind = (typeof KINDS)[number];

/** Numbers by kind and part. */
export type Counts = Readonly<Record<Kind, Readonly<Record<string, number>>>>;

/** A set of counters. */
export interface Tally {
  add(kind: Kind, part: string, count: number): void;
  /** Returns the counts so far. */
  counts(): Counts;
}

/** The part of a kind that has no parts. */
export const ALL = "all";

/** Creates counters that start at 0. */
export function createTally(): Tally {
  const counted = byKind((): Record<string, number> => ({}));
  return {
    add(kind, part, count) {
      counted[kind][part] = (counted[kind][part] ?? 0) + count;
    },
    counts: () => structuredClone(counted),
  };
}

/** Adds `times` times the right counts to the left counts, part by part. */
export function plus(left: Counts, right: Counts, times = 1): Counts {
  return byKind(kind => {
    const parts = new Set([...Object.keys(left[kind]), ...Object.keys(right[kind])]);
    return Object.fromEntries(
      [...parts].map(part => [part, (left[kind][part] ?? 0) + times * (right[kind][part] ?? 0)]),
    );
  });
}

/** Counts of 0. */
export const nothing: Counts = byKind(() => ({}));

/** Multiplies counts. */
export const scaled = (counts: Counts, factor: number): Counts => plus(nothing, counts, factor);

/** Raises negative counts to 0. They are noise: a scheduled call came just before or after a measured hour. */
export function notBelowZero(counts: Counts): Counts {
  return byKind(kind =>
    Object.fromEntries(Object.entries(counts[kind]).map(([part, count]) => [part, Math.max(0, count)])),
  );
}

/** Returns the sum over all parts of a kind. */
export function sumOf(counts: Counts, kind: Kind): number {
  return Object.values(counts[kind]).reduce((sum, count) => sum + count, 0);
}

function byKind<Value>(make: (kind: Kind) => Value): Record<Kind, Value> {
  return Object.fromEntries(KINDS.map(kind => [kind, make(kind)])) as Record<Kind, Value>;
}
