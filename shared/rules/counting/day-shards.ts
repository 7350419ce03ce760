import { shardOf } from "../../values/ids.ts";

/**
 * Number of counter documents per day, without views and searches. A document sustains about one write per second.
 * About 3 % of 2,000 events a second write to these documents together, at times more.
 */
export const COUNTER_SHARDS = 16;

/** Chooses the counter document of a day that an event adds to. */
export function counterShard(eventId: string): number {
  return shardOf(eventId, COUNTER_SHARDS);
}

/** Names one of the documents that together hold a day's numbers. */
export function dayShardId(day: string, shard: number): string {
  return `${day}.${shard}`;
}
