import { userViews } from "../collections.ts";
import { firestore } from "../google/firestore.ts";
import { shardOf } from "../pipeline/ids.ts";
import type { Sums } from "../rules/night-sums.ts";
import { addEntries } from "../rules/night-sums.ts";
import { likesOf, pairsOf } from "../rules/recommend.ts";
import { nextLikers } from "./likers.ts";
import type { Step } from "./step.ts";

/** Each adds up to 66 pairs. */
const PAGE = 50;

/** So many users tell what goes together as well as all of them do; of more, a part is looked at. */
const ENOUGH_USERS = 20_000;

/** Of how many users one is asked what goes together. */
export async function oneOfUsers(): Promise<number> {
  const { count } = (await firestore().collection(userViews.name).count().get()).data();
  return Math.max(1, Math.ceil(count / ENOUGH_USERS));
}

/** Adds up what users like, and what they like together: "like lamp", "pair chair lamp". Ids hold no blanks. */
export const addLikes: Step = async ({ night: { cut_off_ms, one_of_users }, after }) => {
  const { likers, next } = await nextLikers(after, PAGE);
  const sums: Sums = new Map();
  for (const { user_id, signals } of likers) {
    if (shardOf(user_id, one_of_users) !== 0) continue;
    const likes = likesOf(signals, cut_off_ms);
    if (likes.size === 0) continue;
    addEntries(sums, [["likes", { n: Math.max(...likes.values()) }]]);
    for (const [item, n] of likes) addEntries(sums, [[`like ${item}`, { n }]]);
    for (const { a, b, together } of pairsOf(likes)) addEntries(sums, [[`pair ${a} ${b}`, { n: together }]]);
  }
  return { sums, next };
};
