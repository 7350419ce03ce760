import type { PulseCartEvent } from "../../../shared/events/envelope.ts";
import type { Collection } from "../../../shared/google/firestore.ts";
import { reaction } from "../../../shared/pipeline/reaction.ts";
import type { Work } from "../../../shared/pipeline/work.ts";

/** What a test has a reaction do with a user's sign-ups, by user. */
export type Behaviours = Map<
  string,
  (event: PulseCartEvent<"user.signed_up">, work: Work) => Promise<unknown>
>;

/** What every world of a test's own reactions stands on. */
export const BASE_FUNCTIONS = [
  "http/ingest.ts",
  "reactions/archive.ts",
  "consumers/dead-letters.ts",
  "schedules/sweep.ts",
];

/** A reaction that counts each user's sign-ups, and does what a test tells it to. */
export function countingReaction(
  name: string,
  counts: Collection<{ times: number }>,
  behaviours: Behaviours,
) {
  return reaction(name, {
    "user.signed_up": async (event, work) => {
      work.increment(counts, event.user_id, { times: 1 });
      return (await behaviours.get(event.user_id)?.(event, work)) as undefined;
    },
  });
}
