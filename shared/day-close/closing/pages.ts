import type { Collection } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";

/** The next ids of a collection, and what to go on after; undefined: there are no more. */
export async function idsAfter<T>(
  { name }: Collection<T>,
  after: string,
  size: number,
): Promise<{ ids: string[]; next: string | undefined }> {
  const all = firestore().collection(name).orderBy("__name__").limit(size).select();
  const { docs } = await (after === "" ? all : all.startAfter(after)).get();
  return { ids: docs.map(({ id }) => id), next: docs.length < size ? undefined : docs.at(-1)?.id };
}

const AT_ONCE = 10;

/** Asks about each, ten at a time; answers in their order. */
export async function inTens<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE)
    answers.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(ask))));
  return answers;
}
