import { userSignals, userViews } from "../../collections.ts";
import type { Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { liveCollection } from "../../pipeline/records/generation.ts";
import { RECOMMENDATIONS } from "../../recommendations/read-signals.ts";
import type { Signal } from "../../rules/recommend/signals.ts";
import { signalsOfViews } from "../../rules/recommend/signals.ts";
import type { UserShare } from "./user-shares.ts";

/** A user who showed an interest in a product or a course, with all signals of it. */
export interface Liker {
  user_id: string;
  signals: Signal[];
}

/**
 * Reads the next users of a share who showed an interest, in the order of their ids. A page holds at most `size` users
 * with views, and the users between them who only carted or ordered. Each document is read once.
 * @returns the users, and the last id as the start of the next page; `next` undefined after the last page
 */
export async function nextLikers(
  share: UserShare,
  { after, size }: { after: string; size: number },
): Promise<{ likers: Liker[]; next: string | undefined }> {
  const signals = await liveCollection(RECOMMENDATIONS, userSignals);
  const viewers = await idOrder(userViews.name, { ...share, after })
    .limit(size)
    .get();
  const lastViewer = viewers.size < size ? undefined : viewers.docs.at(-1)?.id;
  const between = idOrder(signals.name, { ...share, after, last: lastViewer });
  const buyers = await between.limit(size).get();
  const last = buyers.size < size ? lastViewer : buyers.docs.at(-1)?.id;
  const found = new Map<string, Signal[]>();
  for (const document of buyers.docs) found.set(document.id, document.get("signals"));
  for (const document of viewers.docs) {
    const { id } = document;
    found.set(id, [...(found.get(id) ?? []), ...signalsOfViews(document.get("viewed") ?? {})]);
  }
  const isReached = (id: string): boolean => last === undefined || id <= last;
  const ids = [...found.keys()].filter(isReached).sort();
  return { likers: ids.map(user_id => ({ user_id, signals: found.get(user_id) ?? [] })), next: last };
}

/** Builds the query for a range of ids. Ids are ASCII, so JavaScript and Firestore order them alike. */
function idOrder(
  name: string,
  { from, to, after, last }: UserShare & { after: string; last?: string },
): Query {
  const all = firestore().collection(name).orderBy("__name__");
  const begun = after === "" ? (from === undefined ? all : all.startAt(from)) : all.startAfter(after);
  if (last !== undefined) return begun.endAt(last);
  return to === undefined ? begun : begun.endBefore(to);
}
