import { readDocument } from "../../google/firestore.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import type { DayClosing, Part } from "./day-closing.ts";
import { dayCloseChunks, dayCloseParts, partId } from "./day-closing.ts";
import { sumsIn } from "./sums-text.ts";

/** The ids of what a part that is done has added up. */
export async function chunksOf({ day, run }: Pick<DayClosing, "day" | "run">, part: Part): Promise<string[]> {
  const id = partId({ day, run, part });
  const { chunks = 0 } = (await readDocument(dayCloseParts, id)) ?? {};
  return Array.from({ length: chunks }, (_, chunk) => `${id}.${chunk}`);
}

/** What a part that is done has added up, of those keys that begin so: a chunk at a time. */
export async function sumsOf(
  night: Pick<DayClosing, "day" | "run">,
  part: Part,
  prefix: string,
): Promise<Sums> {
  const sums: Sums = new Map();
  for (const id of await chunksOf(night, part))
    addEntries(
      sums,
      [...(await readChunk(id))].filter(([key]) => key.startsWith(prefix)),
    );
  return sums;
}

/** @throws Error when it has expired: the day has to be closed again */
export async function readChunk(id: string): Promise<Sums> {
  const found = await readDocument(dayCloseChunks, id);
  if (!found) throw new Error(`The chunk ${id} is missing: close the day again.`);
  return sumsIn(found.sums);
}
