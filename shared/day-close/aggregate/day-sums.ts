import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import { chunksOf, readChunk } from "../closing/chunks.ts";
import type { DayClosing, PartKind } from "../closing/day-closing.ts";
import { partsOf } from "../closing/day-closing.ts";

/** The kinds of parts whose sums make the day's numbers. */
const COUNTING: readonly PartKind[] = ["archive", "mails", "facts"];

/**
 * Reads the sums of the whole day, one chunk at a time. Memory grows with the products and terms of the day, about 200
 * bytes each.
 */
export async function sumsOfDay(dayClosing: DayClosing): Promise<Sums> {
  const sums: Sums = new Map();
  const parts = [...partsOf(0, dayClosing), ...partsOf(1, dayClosing)].filter(({ kind }) =>
    COUNTING.includes(kind),
  );
  for (const part of parts)
    for (const id of await chunksOf(dayClosing, part)) addEntries(sums, await readChunk(id));
  return sums;
}
