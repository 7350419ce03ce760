import { userSignals, userViews } from "../../collections.ts";
import type { Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { liveCollection } from "../../pipeline/records/generation.ts";
import { RECOMMENDATIONS } from "../../recommendations/read-signals.ts";
import type { Signal } from "../../rules/recommend/signals.ts";
import { signalsOfViews } from "../../rules/recommend/signals.ts";
import type { UserShare } from "./user-shares.ts";

/** Somebody who showed an interest in something. */
export interface Liker {
  user_id: string;
  signals: Signal[];
}

/**
 * The next users of a share who showed an interest in something, in the order of their ids: at most so many who looked
 * at something, and those between them who only put something into a cart or ordered it. Each document is read once.
 */
export async function nextLikers(
  share: UserShare,
  { after, size }: { after: string; size: number },
): Promise<{ likers: Liker[]; next: string | undefined }> {
  const signals = await liveCollection(RECOMMENDATIONS, userSignals);
  const saw = await idOrder(userViews.name, { ...share, after })
    .limit(size)
    .get();
  const lastSaw = saw.size < size ? undefined : saw.docs.at(-1)?.id;
  const between = idOrder(signals.name, { ...share, after, ...(lastSaw !== undefined && { last: lastSaw }) });
  const did = await between.limit(size).get();
  const last = did.size < size ? lastSaw : did.docs.at(-1)?.id;
  const found = new Map<string, Signal[]>();
  for (const document of did.docs) found.set(document.id, document.get("signals"));
  for (const document of saw.docs) {
    const { id } = document;
    found.set(id, [...(found.get(id) ?? []), ...signalsOfViews(document.get("viewed") ?? {})]);
  }
  const isReached = (id: string): boolean => last === undefined || id <= last;
  const ids = [...found.keys()].filter(isReached).sort();
  return { likers: ids.map(user_id => ({ user_id, signals: found.get(user_id) ?? [] })), next: last };
}

/** Ids are ASCII: their order is the same here and there. */
function idOrder(
  name: string,
  { from, to, after, last }: UserShare & { after: string; last?: string },
): Query {
  const all = firestore().collection(name).orderBy("__name__");
  const begun = after === "" ? (from === undefined ? all : all.startAt(from)) : all.startAfter(after);
  if (last !== undefined) return begun.endAt(last);
  return to === undefined ? begun : begun.endBefore(to);
}
