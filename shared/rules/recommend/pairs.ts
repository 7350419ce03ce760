import type { Likes } from "./recommend.ts";
import { pairsOf } from "./recommend.ts";

/**
 * Sums of likes together: by item, then by the other item. Each pair is stored in both directions, so each item lists
 * all of its pairs.
 */
export type Pairs = Map<string, Map<string, number>>;

/** Adds the pairs of one user's likes. */
export function addPairs(pairs: Pairs, likes: Likes): void {
  for (const { a, b, together } of pairsOf(likes)) {
    increasePair(pairs, a, b, together);
    increasePair(pairs, b, a, together);
  }
}

/** Adds sums from a text of pairText: a line "item other n other n" for each item. Ids contain no spaces. */
export function addPairText(pairs: Pairs, text: string): void {
  for (const line of text.split("\n")) {
    const [item = "", ...rest] = line.split(" ");
    for (let at = 0; at + 1 < rest.length; at += 2)
      increasePair(pairs, item, rest[at] ?? "", Number(rest[at + 1]));
  }
}

/** Writes pairs as a text. The same pairs give the same text, in every order of addition. */
export function pairText(pairs: Pairs): string {
  const lines = [...pairs].map(([item, others]) => {
    const sorted = [...others].sort(byItem);
    return `${item} ${sorted.map(([other, n]) => `${other} ${n}`).join(" ")}`;
  });
  return lines.sort().join("\n");
}

function byItem([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : 1;
}

function increasePair(pairs: Pairs, item: string, other: string, n: number): void {
  const found = pairs.get(item) ?? new Map<string, number>();
  pairs.set(item, found);
  found.set(other, (found.get(other) ?? 0) + n);
}
