import type { Collection } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";

/**
 * Reads the next ids of a collection.
 * @returns the ids, and the last one as the start of the next page; `next` undefined after the last page
 */
export async function idsAfter<T>(
  { name }: Collection<T>,
  after: string,
  size: number,
): Promise<{ ids: string[]; next: string | undefined }> {
  const all = firestore().collection(name).orderBy("__name__").limit(size).select();
  const { docs } = await (after === "" ? all : all.startAfter(after)).get();
  return { ids: docs.map(({ id }) => id), next: docs.length < size ? undefined : docs.at(-1)?.id };
}

const CALLS_AT_ONCE = 10;

/** Calls `ask` for each item, ten at a time, and returns the answers in the order of the items. */
export async function inTens<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < all.length; at += CALLS_AT_ONCE)
    answers.push(...(await Promise.all(all.slice(at, at + CALLS_AT_ONCE).map(ask))));
  return answers;
}
