import { recommendations, users } from "../../collections.ts";
import { readDocuments } from "../../google/firestore.ts";
import type { Neighbours } from "../../rules/recommend/recommend.ts";
import { isKnown, likesOf, recommended } from "../../rules/recommend/recommend.ts";
import { closingId } from "../closing/day-closing.ts";
import type { Step } from "../closing/step.ts";
import { nextLikers } from "./likers.ts";
import { userShare } from "./user-shares.ts";
import { affinities } from "./write-affinities.ts";

/** Each may announce a change, of some 500 bytes: all of them are in one ledger entry, of at most 1 MiB. */
const PAGE = 200;

/** Recommends to the next users what goes together with what they like, and announces it where that has changed. */
export const recommendPage: Step = async ({ night, part, after }, work) => {
  const share = userShare(night.user_borders, part.shard);
  const page = await nextLikers(share, { after, size: PAGE });
  const likers = page.likers.filter(({ signals }) => isKnown(signals));
  const liked = likers.map(({ signals }) => likesOf(signals, night.cut_off_ms));
  const neighbours = await neighboursBy(closingId(night), new Set(liked.flatMap(likes => [...likes.keys()])));
  const before = await work.getAll(
    recommendations,
    likers.map(({ user_id }) => user_id),
  );
  const changed = likers.flatMap(({ user_id, signals }, index) => {
    const seen = new Set(signals.flatMap(({ of, item_id }) => (of === "product" ? [item_id] : [])));
    const items = recommended(liked[index] ?? new Map(), { seen, neighbours });
    return isSame(before[index]?.items ?? [], items) ? [] : [{ user_id, items }];
  });
  const accounts = await work.getAll(
    users,
    changed.map(({ user_id }) => user_id),
  );
  for (const [index, { user_id, items }] of changed.entries()) {
    // Nothing is concluded about somebody who is gone.
    if (accounts[index]?.erased_at_ms !== undefined) continue;
    if (items.length === 0) {
      // That nothing is left is no news: the event names what there is.
      work.delete(recommendations, user_id);
      continue;
    }
    work.set(recommendations, user_id, { items, updated_at_ms: work.nowMs });
    work.emit({ event_type: "recommendation.updated", user_id, payload: { items } });
  }
  return { sums: new Map(), next: page.next };
};

function isSame(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((item, index) => item === after[index]);
}

/** What was read for earlier pages of the closing: most users like the same few things. Some 1 KB each. */
const known = { closing: "", neighbours: new Map<string, Neighbours>() };
const MAX_KNOWN = 10_000;

/** Only what this closing has found out: what went together once may no longer do so. */
async function neighboursBy(
  closing: string,
  items: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Neighbours>> {
  if (known.closing !== closing || known.neighbours.size > MAX_KNOWN) {
    known.closing = closing;
    known.neighbours = new Map();
  }
  const { neighbours } = known;
  const unknown = [...items].filter(item => !neighbours.has(item));
  const found = await readDocuments(affinities, unknown);
  for (const [index, item] of unknown.entries()) {
    const one = found[index];
    neighbours.set(item, one?.closing === closing ? neighboursIn(one.neighbours) : []);
  }
  return neighbours;
}

function neighboursIn(text: string): Neighbours {
  const words = text.split(" ");
  return Array.from({ length: words.length / 2 }, (_, index) => ({
    item: words[2 * index] ?? "",
    score: Number(words[2 * index + 1]),
  }));
}
