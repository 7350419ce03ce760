import type { Timestamp } from "../google/firestore.ts";
import { collection, timestamp } from "../google/firestore.ts";
import { shardOf } from "../pipeline/ids.ts";
import type { Sums } from "../rules/night-sums.ts";
import { addEntries } from "../rules/night-sums.ts";
import type { Pairs } from "../rules/pairs.ts";
import { addPairs, pairText } from "../rules/pairs.ts";
import { likesOf } from "../rules/recommend.ts";
import { nextLikers } from "./likers.ts";
import type { Closing } from "./night.ts";
import { KEPT_MS, partId } from "./night.ts";
import type { Step } from "./step.ts";
import { ENOUGH_USERS, userShare } from "./user-shares.ts";

/** What some users like together, of the items of one bucket. */
export interface NightPairs {
  text: string;
  expires_at: Timestamp;
}

export const nightPairs = collection<NightPairs>("night_pairs");

/** With at most 132 pairs each, 4 MB in one commit; with such users as there are, a tenth of that. */
const PAGE = 1_000;

/** Adds up what users like, and what they like together. */
export const addLikes: Step = async ({ night, part, day, run, page, after }, work) => {
  const { cut_off_ms, user_borders, buckets: count } = night;
  const shares = user_borders.length + 1;
  const [shard, taken, last]: [number, number, string] = after === "" ? [0, 0, ""] : JSON.parse(after);
  const { likers, next } = await nextLikers(userShare(user_borders, shard), { after: last, size: PAGE });
  const sums: Sums = new Map();
  const buckets = Array.from({ length: count }, (): Pairs => new Map());
  const pairs: Pairs = new Map();
  for (const { signals } of likers) {
    const likes = likesOf(signals, cut_off_ms);
    if (likes.size === 0) continue;
    addEntries(sums, [[LIKES, { n: Math.max(...likes.values()) }]]);
    for (const [item, n] of likes) addEntries(sums, [[`${LIKE}${item}`, { n }]]);
    addPairs(pairs, likes);
  }
  for (const [item, others] of pairs) buckets[shardOf(item, count)]?.set(item, others);
  const expires_at = timestamp(work.nowMs + KEPT_MS);
  for (const [bucket, own] of buckets.entries())
    if (own.size > 0)
      work.set(nightPairs, pairsId({ day, run, part, page }, bucket), { text: pairText(own), expires_at });
  const isMore = next !== undefined && taken + likers.length < ENOUGH_USERS / shares;
  if (isMore) return { sums, next: JSON.stringify([shard, taken + likers.length, next]) };
  return { sums, next: shard + 1 < shares ? JSON.stringify([shard + 1, 0, ""]) : undefined };
};

/** Keys of its sums: how much all users like what they like most, and how much each item is liked. */
export const LIKES = "likes";
export const LIKE = "like ";

export function pairsId(closing: Closing, bucket: number): string {
  return `${partId(closing)}.${closing.page}.${bucket}`;
}
