import type { Sums } from "../../rules/counting/day-sums.ts";

/** Formats sums for storage, sorted by key: the same sums give the same text. */
export function textOf(sums: Sums): string {
  return JSON.stringify([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function sumsIn(text: string): Sums {
  return new Map(JSON.parse(text));
}
