import { recommendations, users } from "../../collections.ts";
import { readDocuments } from "../../google/firestore.ts";
import type { Neighbours } from "../../rules/recommend/recommend.ts";
import { isKnown, likesOf, recommended } from "../../rules/recommend/recommend.ts";
import { closingId } from "../closing/day-closing.ts";
import type { PageStep } from "../closing/page-step.ts";
import { nextLikers } from "./likers.ts";
import { userShare } from "./user-shares.ts";
import { affinities } from "./write-affinities.ts";

/** Users per page. Each may announce a change of about 500 bytes, and one ledger entry of at most 1 MiB holds all. */
const USERS_PER_PAGE = 200;

/** Computes the recommendations of the next users from the products they like, and announces changed ones. */
export const recommendPage: PageStep = async ({ dayClosing, part, after }, work) => {
  const share = userShare(dayClosing.user_borders, part.shard);
  const page = await nextLikers(share, { after, size: USERS_PER_PAGE });
  const likers = page.likers.filter(({ signals }) => isKnown(signals));
  const liked = likers.map(({ signals }) => likesOf(signals, dayClosing.cut_off_ms));
  const neighbours = await neighboursBy(
    closingId(dayClosing),
    new Set(liked.flatMap(likes => [...likes.keys()])),
  );
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
    // An erased user has no recommendations.
    if (accounts[index]?.erased_at_ms !== undefined) continue;
    if (items.length === 0) {
      // An empty list is not announced: recommendation.updated needs at least one item.
      work.delete(recommendations, user_id);
      continue;
    }
    work.set(recommendations, user_id, { items, updated_at_ms: work.nowMs });
    work.emit({ event_type: "recommendation.updated", user_id, payload: { items } });
  }
  return { next: page.next };
};

function isSame(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((item, index) => item === after[index]);
}

/** Neighbours read for earlier pages of the closing, about 1 KB each: most users like the same few products. */
const cache = { closing: "", neighbours: new Map<string, Neighbours>() };
/** Max products in the cache: about 10 MB. */
const MAX_CACHED = 10_000;

/** Reads the neighbours of products. Affinities of an earlier closing are left out: they may no longer hold. */
async function neighboursBy(
  closing: string,
  items: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Neighbours>> {
  if (cache.closing !== closing || cache.neighbours.size > MAX_CACHED) {
    cache.closing = closing;
    cache.neighbours = new Map();
  }
  const { neighbours } = cache;
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
