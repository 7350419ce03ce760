import { userSignals, userViews } from "../collections.ts";
import { firestore, readDocuments } from "../google/firestore.ts";
import { liveCollection } from "../pipeline/generation.ts";
import type { Signal } from "../rules/signals.ts";
import { signalsOfViews } from "../rules/signals.ts";
import { RECOMMENDATIONS } from "../user-signals.ts";

/** Somebody who showed an interest in something. */
export interface Liker {
  user_id: string;
  signals: Signal[];
}

/**
 * The next users who showed an interest in something: first all who looked at something, then those who only put
 * something into a cart or ordered it.
 */
export async function nextLikers(
  after: string,
  size: number,
): Promise<{ likers: Liker[]; next: string | undefined }> {
  const [part, last]: ["views" | "signals", string] = after === "" ? ["views", ""] : JSON.parse(after);
  const signals = await liveCollection(RECOMMENDATIONS, userSignals);
  const ids = await idsOf(part === "views" ? userViews : signals, { last, size });
  const [saw, did] = await Promise.all([readDocuments(userViews, ids), readDocuments(signals, ids)]);
  const likers = ids.flatMap((user_id, index) => {
    const viewed = saw[index]?.viewed;
    if (part === "signals" && viewed) return [];
    return [{ user_id, signals: [...(did[index]?.signals ?? []), ...signalsOfViews(viewed ?? {})] }];
  });
  const begin = JSON.stringify([part, ids.at(-1)]);
  if (ids.length === size) return { likers, next: begin };
  return { likers, next: part === "views" ? JSON.stringify(["signals", ""]) : undefined };
}

async function idsOf(
  { name }: { name: string },
  { last, size }: { last: string; size: number },
): Promise<string[]> {
  const all = firestore().collection(name).orderBy("__name__").limit(size).select();
  const { docs } = await (last === "" ? all : all.startAfter(last)).get();
  return docs.map(({ id }) => id);
}
