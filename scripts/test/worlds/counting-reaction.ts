import type { PulseCartEvent } from "../../../shared/events/envelope.ts";
import type { Collection } from "../../../shared/google/firestore.ts";
import { reaction } from "../../../shared/pipeline/reaction.ts";
import type { Work } from "../../../shared/pipeline/work.ts";

/** Handlers of a user's sign-ups that a test sets, by user. */
export type Behaviours = Map<
  string,
  (event: PulseCartEvent<"user.signed_up">, work: Work) => Promise<unknown>
>;

/** The functions that every world with a test's own reactions needs. */
export const BASE_FUNCTIONS = [
  "http/ingest.ts",
  "reactions/archive.ts",
  "consumers/dead-letters.ts",
  "schedules/sweep.ts",
];

/** Declares a reaction that counts each user's sign-ups and runs the test's handler. */
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
