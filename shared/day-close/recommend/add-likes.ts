import type { Timestamp } from "../../google/firestore.ts";
import { collection, timestamp } from "../../google/firestore.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import type { Pairs } from "../../rules/recommend/pairs.ts";
import { addPairs, pairText } from "../../rules/recommend/pairs.ts";
import type { Likes } from "../../rules/recommend/recommend.ts";
import { likesOf } from "../../rules/recommend/recommend.ts";
import { shardOf } from "../../values/ids.ts";
import type { Closing } from "../closing/day-closing.ts";
import { KEPT_MS, partId } from "../closing/day-closing.ts";
import type { Step } from "../closing/step.ts";
import { nextLikers } from "./likers.ts";
import { ENOUGH_USERS, userShare } from "./user-shares.ts";

/** What some users like together, of the items of one bucket. */
export interface DayClosePairs {
  text: string;
  expires_at: Timestamp;
}

export const dayClosePairs = collection<DayClosePairs>("day_close_pairs");

/** Of one unit of work: with at most 132 pairs for each user 4 MB in one commit, with such as there are a tenth. */
const USERS = 1_000;
/** Read at once: their documents take some 10 MB while they are looked at. */
const PAGE = 250;

/** Adds up what users like, and what they like together. */
export const addLikes: Step = async ({ night, part, day, run, page, after }, work) => {
  const { cut_off_ms, user_borders, buckets: count } = night;
  const shares = user_borders.length + 1;
  const [shard, taken, last]: [number, number, string] = after === "" ? [0, 0, ""] : JSON.parse(after);
  const sums: Sums = new Map();
  const buckets = Array.from({ length: count }, (): Pairs => new Map());
  const pairs: Pairs = new Map();
  let next: string | undefined = last;
  let looked = 0;
  while (next !== undefined && looked < USERS) {
    const found = await nextLikers(userShare(user_borders, shard), { after: next, size: PAGE });
    next = found.next;
    looked += found.likers.length;
    for (const { signals } of found.likers) addUser(likesOf(signals, cut_off_ms), { sums, pairs });
  }
  for (const [item, others] of pairs) buckets[shardOf(item, count)]?.set(item, others);
  const expires_at = timestamp(work.nowMs + KEPT_MS);
  for (const [bucket, own] of buckets.entries())
    if (own.size > 0)
      work.set(dayClosePairs, pairsId({ day, run, part, page }, bucket), { text: pairText(own), expires_at });
  const isMore = next !== undefined && taken + looked < ENOUGH_USERS / shares;
  if (isMore) return { sums, next: JSON.stringify([shard, taken + looked, next]) };
  return { sums, next: shard + 1 < shares ? JSON.stringify([shard + 1, 0, ""]) : undefined };
};

function addUser(likes: Likes, { sums, pairs }: { sums: Sums; pairs: Pairs }): void {
  if (likes.size === 0) return;
  addEntries(sums, [[LIKES, { n: Math.max(...likes.values()) }]]);
  for (const [item, n] of likes) addEntries(sums, [[`${LIKE}${item}`, { n }]]);
  addPairs(pairs, likes);
}

/** Keys of its sums: how much all users like what they like most, and how much each item is liked. */
export const LIKES = "likes";
export const LIKE = "like ";

export function pairsId(closing: Closing, bucket: number): string {
  return `${partId(closing)}.${closing.page}.${bucket}`;
}
