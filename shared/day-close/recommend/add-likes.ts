import type { Timestamp } from "../../google/firestore.ts";
import { collection, timestamp } from "../../google/firestore.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import type { Pairs } from "../../rules/recommend/pairs.ts";
import { addPairs, pairText } from "../../rules/recommend/pairs.ts";
import type { Likes } from "../../rules/recommend/recommend.ts";
import { likesOf } from "../../rules/recommend/recommend.ts";
import { shardOf } from "../../values/ids.ts";
import type { PageTask } from "../closing/day-closing.ts";
import { CLOSING_KEPT_MS, partId } from "../closing/day-closing.ts";
import type { PageStep } from "../closing/page-step.ts";
import { nextLikers } from "./likers.ts";
import { ENOUGH_USERS, userShare } from "./user-shares.ts";

/** The pairs of products that a page of users likes together, for the products of one bucket. */
export interface DayClosePairs {
  text: string;
  expires_at: Timestamp;
}

export const dayClosePairs = collection<DayClosePairs>("day_close_pairs");

/** Users per unit of work. At most 132 pairs per user: 4 MB per commit, typically 0.4 MB. */
const USERS_PER_COMMIT = 1_000;
/** Users per read. Their documents take about 10 MB of memory. */
const USERS_PER_READ = 250;

/** Adds up the products that users like, and the pairs of products that they like together. */
export const addLikes: PageStep = async ({ dayClosing, part, day, run, page, after }, work) => {
  const { cut_off_ms, user_borders, buckets: count } = dayClosing;
  const shares = user_borders.length + 1;
  // The part reads share after share. Its place: the share, the number of users read in the share, and the last user.
  const [shard, before, last]: [number, number, string] = after === "" ? [0, 0, ""] : JSON.parse(after);
  const sums: Sums = new Map();
  const buckets = Array.from({ length: count }, (): Pairs => new Map());
  const pairs: Pairs = new Map();
  let next: string | undefined = last;
  let read = 0;
  while (next !== undefined && read < USERS_PER_COMMIT) {
    const found = await nextLikers(userShare(user_borders, shard), { after: next, size: USERS_PER_READ });
    next = found.next;
    read += found.likers.length;
    for (const { signals } of found.likers) addUser(likesOf(signals, cut_off_ms), { sums, pairs });
  }
  for (const [item, others] of pairs) buckets[shardOf(item, count)]?.set(item, others);
  const expires_at = timestamp(work.nowMs + CLOSING_KEPT_MS);
  for (const [bucket, own] of buckets.entries())
    if (own.size > 0)
      work.set(dayClosePairs, pairsId({ day, run, part, page }, bucket), { text: pairText(own), expires_at });
  const isMore = next !== undefined && before + read < ENOUGH_USERS / shares;
  if (isMore) return { sums, next: JSON.stringify([shard, before + read, next]) };
  return { sums, next: shard + 1 < shares ? JSON.stringify([shard + 1, 0, ""]) : undefined };
};

function addUser(likes: Likes, { sums, pairs }: { sums: Sums; pairs: Pairs }): void {
  if (likes.size === 0) return;
  addEntries(sums, [[LIKES, { n: Math.max(...likes.values()) }]]);
  for (const [item, n] of likes) addEntries(sums, [[`${LIKE}${item}`, { n }]]);
  addPairs(pairs, likes);
}

/** Keys of the sums: the strongest like of every user, and the likes of each product. */
export const LIKES = "likes";
export const LIKE = "like ";

export function pairsId(task: PageTask, bucket: number): string {
  return `${partId(task)}.${task.page}.${bucket}`;
}
