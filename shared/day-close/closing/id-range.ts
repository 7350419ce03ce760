import type { Collection, Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";

/** What the ids of hashed documents consist of, in their order. */
const CHARACTERS = "0123456789abcdefghjkmnpqrstvwxyz";
/** Behind every id. */
const BEYOND = "~";

interface Share {
  day: string;
  shard: number;
  shards: number;
  after: string;
  /** Of events: only these, at most 30 (https://cloud.google.com/firestore/quotas). */
  types?: readonly string[] | undefined;
}

/**
 * A shard's share of a day's documents, in the order of their ids, after one of them. Ids are hashes, so each shard
 * has its share; together they have all.
 */
export function shareOf<T>({ name }: Collection<T>, { day, shard, shards, after, types }: Share): Query {
  const all = firestore().collection(name).where("day", "==", day);
  const ofDay = (types ? all.where("event_type", "in", types) : all).orderBy("__name__");
  const [from, to] = borders(shard, shards);
  return (after === "" ? ofDay.startAt(from) : ofDay.startAfter(after)).endBefore(to);
}

/** Where a shard's ids begin, and where the next one's do. */
export function borders(shard: number, shards: number): [from: string, to: string] {
  return [borderOf(shard, shards), shard + 1 === shards ? BEYOND : borderOf(shard + 1, shards)];
}

function borderOf(shard: number, shards: number): string {
  const base = CHARACTERS.length;
  const place = Math.floor((shard * base ** 2) / shards);
  return CHARACTERS.charAt(Math.floor(place / base)) + CHARACTERS.charAt(place % base);
}
