import { userSignals, userViews } from "../collections.ts";
import { readDocument } from "../google/firestore.ts";
import { currentOf, FIRST, generations, inGeneration, readLive } from "../pipeline/records/generation.ts";
import type { Work } from "../pipeline/work.ts";
import type { Signal } from "../rules/recommend/signals.ts";
import { signalsOfViews } from "../rules/recommend/signals.ts";

/** The reaction that keeps the interests of users; a projection. */
export const RECOMMENDATIONS = "recommendations";

/** Returns the interests of a user: carted and ordered items, and the products viewed last. */
export async function readSignals(userId: string): Promise<Signal[]> {
  const [kept, views] = await Promise.all([
    readLive(RECOMMENDATIONS, userSignals, userId),
    readDocument(userViews, userId),
  ]);
  return [...(kept?.signals ?? []), ...signalsOfViews(views?.viewed ?? {})];
}

/** Deletes the interests of a user, also from a generation that is being rebuilt. */
export async function forgetSignals(userId: string, work: Pick<Work, "get" | "delete">): Promise<void> {
  const current = (await work.get(generations, RECOMMENDATIONS)) ?? FIRST;
  for (const generation of currentOf(current))
    work.delete(inGeneration({ reaction: RECOMMENDATIONS, generation }, userSignals), userId);
  work.delete(userViews, userId);
}
