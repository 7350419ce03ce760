import type { Collection, Query } from "../google/firestore.ts";
import { firestore } from "../google/firestore.ts";

/** What the ids of hashed documents consist of, in their order. */
const CHARACTERS = "0123456789abcdefghjkmnpqrstvwxyz";
/** Behind every id. */
const BEYOND = "~";

/**
 * A shard's share of a day's documents, in the order of their ids, after one of them. Ids are hashes, so each shard
 * has its share; together they have all.
 */
export function shareOf<T>(
  { name }: Collection<T>,
  { day, shard, shards, after }: { day: string; shard: number; shards: number; after: string },
): Query {
  const ofDay = firestore().collection(name).where("day", "==", day).orderBy("__name__");
  const begun = after === "" ? ofDay.startAt(borderOf(shard, shards)) : ofDay.startAfter(after);
  return begun.endBefore(shard + 1 === shards ? BEYOND : borderOf(shard + 1, shards));
}

function borderOf(shard: number, shards: number): string {
  const base = CHARACTERS.length;
  const place = Math.floor((shard * base ** 2) / shards);
  return CHARACTERS.charAt(Math.floor(place / base)) + CHARACTERS.charAt(place % base);
}
