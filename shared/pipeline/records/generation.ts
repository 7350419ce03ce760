import type { Collection } from "../../google/firestore.ts";
import { collection, readDocument } from "../../google/firestore.ts";

/**
 * A projection can be rebuilt from the archive: its documents belong to a generation. One is live, which is what
 * readers see; while the next one is being built, every new event goes to both.
 */
export interface Generations {
  live: number;
  building?: { generation: number; since_ms: number; act: string };
  /** Only grows, so that what was left of an abandoned generation is never met again. */
  newest: number;
  /** What nobody writes or reads any more, and is to be removed; given up: it never was live. */
  retired: { generation: number; at_ms: number; given_up?: true }[];
}

export const generations = collection<Generations>("generations");

/** What a projection starts with, and has until its first rebuild. */
export const FIRST: Generations = { live: 1, newest: 1, retired: [] };

export async function readGenerations(reaction: string): Promise<Generations> {
  return (await readDocument(generations, reaction)) ?? FIRST;
}

/** The generations that take events: the live one first. */
export function currentOf({ live, building }: Generations): number[] {
  return building ? [live, building.generation] : [live];
}

/** Where a generation keeps a collection's documents: below one of its own, so that the collection's indexes hold. */
export function inGeneration<T>(
  { reaction, generation }: { reaction: string; generation: number },
  { name }: Collection<T>,
): Collection<T> {
  return collection(`projections/${reaction}.${generation}/${name}`);
}

/** The ledger id of an event in a generation; the first one's is like that of any other reaction. */
export function ledgerIdIn(generation: number, plainId: string): string {
  return generation === 1 ? plainId : `${plainId}~g${generation}`;
}

/** The generation whose entry it is. Hashes are 32 characters, so none of them looks like a generation. */
export function generationOf(ledgerId: string): number {
  return Number(/~g(\d{1,9})(?=~|$)/.exec(ledgerId)?.[1] ?? 1);
}

/** What a projection shows, for a query. A reader asks anew each time: the live generation may change. */
export async function liveCollection<T>(reaction: string, of: Collection<T>): Promise<Collection<T>> {
  const { live } = await readGenerations(reaction);
  return inGeneration({ reaction, generation: live }, of);
}

/** Reads one document of a projection's live generation; undefined when there is none. */
export async function readLive<T>(reaction: string, from: Collection<T>, id: string): Promise<T | undefined> {
  const read = async (of: Collection<T>) => [of.name, await readDocument(of, id)] as const;
  const [name, found] = await read(await liveCollection(reaction, from));
  if (found !== undefined) return found;
  // It may have been replaced and removed between the two reads.
  const again = await liveCollection(reaction, from);
  return again.name === name ? undefined : readDocument(again, id);
}

/** Archived events are handed to one generation, or applied again to the live one under the name of that act. */
export type ReplayTo = { generation: number } | { again: string };
