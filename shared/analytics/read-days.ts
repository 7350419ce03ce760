import { browseDays, dayCounters } from "../collections.ts";
import { readDocuments } from "../google/firestore.ts";
import { liveCollection } from "../pipeline/records/generation.ts";
import type { Tally } from "../rules/counting/daily-facts.ts";
import { sumTallies } from "../rules/counting/daily-facts.ts";
import { COUNTER_SHARDS, dayShardId } from "../rules/counting/day-shards.ts";
import { BROWSE_GROUPS } from "./browse/index-fields.ts";

/** Reads the counters of these days, views and searches included. */
export async function readDays(days: readonly string[]): Promise<Tally[]> {
  const counters = await liveCollection("analytics", dayCounters);
  const [counted, browse] = await Promise.all([
    readDocuments(counters, idsOf(days, COUNTER_SHARDS)),
    readDocuments(browseDays, idsOf(days, BROWSE_GROUPS)),
  ]);
  return days.map((_, index) => {
    const ofDay = counted.slice(index * COUNTER_SHARDS, (index + 1) * COUNTER_SHARDS);
    const shares = browse.slice(index * BROWSE_GROUPS, (index + 1) * BROWSE_GROUPS);
    const browsed = shares.map(share => ({ views: share?.views ?? 0, searches: share?.searches ?? 0 }));
    return sumTallies([...ofDay.map(tally => tally ?? {}), ...browsed]);
  });
}

function idsOf(days: readonly string[], shards: number): string[] {
  return days.flatMap(day => Array.from({ length: shards }, (_, shard) => dayShardId(day, shard)));
}
