import type { Likes } from "./recommend.ts";
import { pairsOf } from "./recommend.ts";

/** How much things are liked together: by item, then by the other one. Both ways, so that each item has all of its own. */
export type Pairs = Map<string, Map<string, number>>;

/** Adds what somebody likes together. */
export function addPairs(pairs: Pairs, likes: Likes): void {
  for (const { a, b, together } of pairsOf(likes)) {
    increase(pairs, a, b, together);
    increase(pairs, b, a, together);
  }
}

/** Adds what others have added up: "item other n other n", one line for each item. Ids hold no blanks. */
export function addPairText(pairs: Pairs, text: string): void {
  for (const line of text.split("\n")) {
    const [item = "", ...rest] = line.split(" ");
    for (let at = 0; at + 1 < rest.length; at += 2)
      increase(pairs, item, rest[at] ?? "", Number(rest[at + 1]));
  }
}

/** The same pairs are the same text, whatever order they were added in. */
export function pairText(pairs: Pairs): string {
  const lines = [...pairs].map(([item, others]) => {
    const sorted = [...others].sort(byName);
    return `${item} ${sorted.map(([other, n]) => `${other} ${n}`).join(" ")}`;
  });
  return lines.sort().join("\n");
}

function byName([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : 1;
}

function increase(pairs: Pairs, item: string, other: string, n: number): void {
  const found = pairs.get(item) ?? new Map<string, number>();
  pairs.set(item, found);
  found.set(other, (found.get(other) ?? 0) + n);
}
