import type { Collection } from "../../google/firestore.ts";
import { collection, readDocument } from "../../google/firestore.ts";

/**
 * The generations (versions) of a projection's documents. Readers see the live generation. While a rebuild from the
 * archive builds the next one, every new event goes to both.
 */
export interface Generations {
  live: number;
  building?: { generation: number; since_ms: number; act: string };
  /** Highest number so far. Never decreases: leftovers of an abandoned generation stay unused. */
  newest: number;
  /** Generations without readers and writers, to be removed. `given_up`: the generation never was live. */
  retired: { generation: number; at_ms: number; given_up?: true }[];
}

export const generations = collection<Generations>("generations");

/** The generations of a projection before its first rebuild. */
export const FIRST: Generations = { live: 1, newest: 1, retired: [] };

export async function readGenerations(reaction: string): Promise<Generations> {
  return (await readDocument(generations, reaction)) ?? FIRST;
}

/** Returns the generations that take events, the live one first. */
export function currentOf({ live, building }: Generations): number[] {
  return building ? [live, building.generation] : [live];
}

/** Returns the collection of a generation. A subcollection keeps the name, so the collection's indexes apply. */
export function inGeneration<T>(
  { reaction, generation }: { reaction: string; generation: number },
  { name }: Collection<T>,
): Collection<T> {
  return collection(`projections/${reaction}.${generation}/${name}`);
}

/** Returns the ledger id of an event in a generation. The first generation has the plain id. */
export function ledgerIdIn(generation: number, plainId: string): string {
  return generation === 1 ? plainId : `${plainId}~g${generation}`;
}

/** Returns the generation of a ledger id. Hashes have 32 characters, so no hash looks like a generation. */
export function generationOf(ledgerId: string): number {
  return Number(/~g(\d{1,9})(?=~|$)/.exec(ledgerId)?.[1] ?? 1);
}

/** Returns the live collection of a projection, for one query. The live generation may change before the next. */
export async function liveCollection<T>(reaction: string, of: Collection<T>): Promise<Collection<T>> {
  const { live } = await readGenerations(reaction);
  return inGeneration({ reaction, generation: live }, of);
}

/**
 * Reads one document of a projection's live generation.
 * @returns undefined when there is none
 */
export async function readLive<T>(reaction: string, from: Collection<T>, id: string): Promise<T | undefined> {
  const read = async (of: Collection<T>) => [of.name, await readDocument(of, id)] as const;
  const [name, found] = await read(await liveCollection(reaction, from));
  if (found !== undefined) return found;
  // The generation may have been replaced and removed between the two reads.
  const current = await liveCollection(reaction, from);
  return current.name === name ? undefined : readDocument(current, id);
}

/** The target of a replay: one generation, or once more the live one under the name of the operator's act. */
export type ReplayTo = { generation: number } | { again: string };
