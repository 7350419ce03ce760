import type { Sums } from "../../rules/counting/day-sums.ts";

/** Sums as they are stored: by key, so that the same sums are the same text. */
export function textOf(sums: Sums): string {
  return JSON.stringify([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function sumsIn(text: string): Sums {
  return new Map(JSON.parse(text));
}
