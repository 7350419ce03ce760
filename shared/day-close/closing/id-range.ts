import type { Collection, Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";

/** The characters of hashed ids, in Firestore's order. */
const ID_CHARACTERS = "0123456789abcdefghjkmnpqrstvwxyz";
/** A text that sorts after every hashed id. */
const AFTER_EVERY_ID = "~";

interface DayShare {
  day: string;
  shard: number;
  shards: number;
  /** The last id that was read; empty for the first page. */
  after: string;
  /** Event types to read, at most 30 (https://cloud.google.com/firestore/quotas). Absent: every document. */
  types?: readonly string[];
}

/**
 * Builds the query for a shard's share of a day's documents, ordered by id. Ids are hashes: the shards have shares of
 * about the same size, and together every document.
 */
export function shareOf<T>({ name }: Collection<T>, { day, shard, shards, after, types }: DayShare): Query {
  const all = firestore().collection(name).where("day", "==", day);
  const ofDay = (types ? all.where("event_type", "in", types) : all).orderBy("__name__");
  const [from, to] = borders(shard, shards);
  return (after === "" ? ofDay.startAt(from) : ofDay.startAfter(after)).endBefore(to);
}

/** Returns the first id of a shard, and the first id behind it. */
export function borders(shard: number, shards: number): [from: string, to: string] {
  return [borderOf(shard, shards), shard + 1 === shards ? AFTER_EVERY_ID : borderOf(shard + 1, shards)];
}

function borderOf(shard: number, shards: number): string {
  const base = ID_CHARACTERS.length;
  const place = Math.floor((shard * base ** 2) / shards);
  return ID_CHARACTERS.charAt(Math.floor(place / base)) + ID_CHARACTERS.charAt(place % base);
}
