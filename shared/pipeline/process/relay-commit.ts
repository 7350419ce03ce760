import { postDrain } from "../outbox/post-drain.ts";
import { relay } from "../outbox/relay.ts";
import type { Attempt } from "./attempt.ts";
import type { CommitResult } from "./commit-result.ts";

/**
 * Sends the follow-ups that this attempt committed, or that an earlier attempt committed and did not send. Then posts
 * the drain of the next event in the lane.
 * @throws the error of Pub/Sub or Cloud Tasks; the entry stays pending
 */
export async function relayCommit(
  { ledgerId, nowMs, origin }: Pick<Attempt, "ledgerId" | "nowMs" | "origin">,
  result: CommitResult,
): Promise<void> {
  if (result.kind === "committed" && result.state === "pending") {
    await relay(ledgerId, { follow_ups: result.followUps });
  }
  if (result.kind === "existing" && result.entry?.state === "pending") await relay(ledgerId, result.entry);
  // A drain reads the lane again after each event, so it posts no drain. Cloud Tasks redelivers a crashed drain.
  if (result.drain && origin.kind !== "drain") await postDrain(result.drain, nowMs);
}
