import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import { chunksOf, readChunk } from "../closing/chunks.ts";
import type { DayClosing, PartKind } from "../closing/day-closing.ts";
import { partsOf } from "../closing/day-closing.ts";

const COUNTING: readonly PartKind[] = ["archive", "mails", "facts"];

/**
 * All that was added up of the day. A chunk at a time: what is held grows with the products and terms of the day, some
 * 200 bytes each.
 */
export async function sumsOfDay(night: DayClosing): Promise<Sums> {
  const sums: Sums = new Map();
  const parts = [...partsOf(0, night), ...partsOf(1, night)].filter(({ kind }) => COUNTING.includes(kind));
  for (const part of parts)
    for (const id of await chunksOf(night, part)) addEntries(sums, await readChunk(id));
  return sums;
}
