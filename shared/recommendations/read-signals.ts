import { userSignals, userViews } from "../collections.ts";
import { readDocument } from "../google/firestore.ts";
import { currentOf, FIRST, generations, inGeneration, readLive } from "../pipeline/records/generation.ts";
import type { Work } from "../pipeline/work.ts";
import type { Signal } from "../rules/recommend/signals.ts";
import { signalsOfViews } from "../rules/recommend/signals.ts";

export const RECOMMENDATIONS = "recommendations";

/** All that somebody showed an interest in: what they did, and what they looked at last. */
export async function readSignals(userId: string): Promise<Signal[]> {
  const [did, saw] = await Promise.all([
    readLive(RECOMMENDATIONS, userSignals, userId),
    readDocument(userViews, userId),
  ]);
  return [...(did?.signals ?? []), ...signalsOfViews(saw?.viewed ?? {})];
}

/** Removes what is kept of somebody's interests, also from what is being built anew. */
export async function forgetSignals(userId: string, work: Pick<Work, "get" | "delete">): Promise<void> {
  const current = (await work.get(generations, RECOMMENDATIONS)) ?? FIRST;
  for (const generation of currentOf(current))
    work.delete(inGeneration({ reaction: RECOMMENDATIONS, generation }, userSignals), userId);
  work.delete(userViews, userId);
}
