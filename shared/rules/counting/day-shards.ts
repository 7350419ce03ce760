import { shardOf } from "../../values/ids.ts";

/**
 * Of a day's counters of what is no flood: a document takes about one change a second for long, and these 16 are
 * changed together by some 3 % of 2,000 events a second, now and then more.
 */
export const COUNTER_SHARDS = 16;

/** Which of a day's documents an event adds to. */
export function counterShard(eventId: string): number {
  return shardOf(eventId, COUNTER_SHARDS);
}

/** One of the documents that together hold a day's numbers. */
export function dayShardId(day: string, shard: number): string {
  return `${day}.${shard}`;
}
