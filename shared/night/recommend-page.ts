import { recommendations, users } from "../collections.ts";
import { readDocuments } from "../google/firestore.ts";
import type { Neighbours } from "../rules/recommend.ts";
import { likesOf, recommended } from "../rules/recommend.ts";
import { nextLikers } from "./likers.ts";
import { closingId } from "./night.ts";
import type { Step } from "./step.ts";
import { affinities } from "./write-affinities.ts";

/** Each may announce a change: they are sent before the next page begins. */
const PAGE = 50;

/** Recommends to the next users what goes together with what they like, and announces it where that has changed. */
export const recommendPage: Step = async ({ night, after }, work) => {
  const { likers, next } = await nextLikers(after, PAGE);
  const liked = likers.map(({ signals }) => likesOf(signals, night.cut_off_ms));
  const neighbours = await neighboursBy(closingId(night), [
    ...new Set(liked.flatMap(likes => [...likes.keys()])),
  ]);
  const ids = likers.map(({ user_id }) => user_id);
  const [before, accounts] = await Promise.all([work.getAll(recommendations, ids), work.getAll(users, ids)]);
  for (const [index, { user_id, signals }] of likers.entries()) {
    // Nothing is concluded about somebody who is gone.
    if (accounts[index]?.erased_at_ms !== undefined) continue;
    const seen = new Set(signals.flatMap(({ of, item_id }) => (of === "product" ? [item_id] : [])));
    const items = recommended(liked[index] ?? new Map(), { seen, neighbours });
    if (isSame(before[index]?.items ?? [], items)) continue;
    if (items.length === 0) {
      // That nothing is left is no news: the event names what there is.
      work.delete(recommendations, user_id);
      continue;
    }
    work.set(recommendations, user_id, { items, updated_at_ms: work.nowMs });
    work.emit({ event_type: "recommendation.updated", user_id, payload: { items } });
  }
  return { sums: new Map(), next };
};

function isSame(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((item, index) => item === after[index]);
}

/** Only what this closing has found out: what went together once may no longer do so. */
async function neighboursBy(closing: string, items: readonly string[]): Promise<Map<string, Neighbours>> {
  const found = await readDocuments(affinities, items);
  return new Map(
    items.flatMap((item, index) => {
      const one = found[index];
      return one?.closing === closing ? [[item, one.neighbours] as const] : [];
    }),
  );
}
