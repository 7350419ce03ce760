import { readDocument } from "../../google/firestore.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import type { ClosingKey, DayClosePart } from "./day-closing.ts";
import { dayCloseChunks, dayCloseParts, partId } from "./day-closing.ts";
import { sumsIn } from "./sums-text.ts";

/** Lists the ids of the chunks that a finished part has written. */
export async function chunksOf({ day, run }: ClosingKey, part: DayClosePart): Promise<string[]> {
  const id = partId({ day, run, part });
  const { chunks = 0 } = (await readDocument(dayCloseParts, id)) ?? {};
  return Array.from({ length: chunks }, (_, chunk) => `${id}.${chunk}`);
}

/** Reads the sums of a finished part whose keys have a prefix, one chunk at a time. */
export async function sumsOf(closing: ClosingKey, part: DayClosePart, prefix: string): Promise<Sums> {
  const sums: Sums = new Map();
  for (const id of await chunksOf(closing, part))
    addEntries(
      sums,
      [...(await readChunk(id))].filter(([key]) => key.startsWith(prefix)),
    );
  return sums;
}

/**
 * Reads one chunk.
 * @throws Error when the chunk has expired; the day has to be closed again
 */
export async function readChunk(id: string): Promise<Sums> {
  const found = await readDocument(dayCloseChunks, id);
  if (!found) throw new Error(`Chunk ${id} missing: expected the sums of its part. Close the day again.`);
  return sumsIn(found.sums);
}
