import { clock } from "../../clock.ts";
import { createTask } from "../../google/tasks.ts";
import { hashOf } from "../../values/ids.ts";
import { markDone } from "../records/ledger.ts";
import type { FollowUp, LedgerEntry } from "../records/ledger-entry.ts";
import { inOrder } from "./follow-up-order.ts";
import { armEffect } from "./post-effect.ts";
import { publishEvent } from "./publish.ts";

/**
 * Sends the follow-ups of an entry in their order and then makes the entry done. Relaying twice sends the same: events
 * keep their ids, and tasks keep their names. Any process that finds the entry pending may relay it.
 * @throws the error of Pub/Sub or Cloud Tasks. The entry then stays pending, for a redelivery or the sweep.
 */
export async function relay(id: string, entry: Pick<LedgerEntry, "follow_ups">): Promise<void> {
  for (const together of inOrder(entry.follow_ups ?? [])) await Promise.all(together.map(send));
  await markDone(id, clock.now());
}

async function send(followUp: FollowUp): Promise<void> {
  if (followUp.kind === "event") {
    await publishEvent(JSON.parse(followUp.event), followUp.fingerprint);
    return;
  }
  if (followUp.kind === "effect") {
    const { effect, effect_id, due_at_ms } = followUp;
    await armEffect(effect_id, { effect, arming: 0, due_at_ms });
    return;
  }
  await createTask({
    queue: followUp.timer,
    name: hashOf(followUp.timer, followUp.key),
    functionName: followUp.timer,
    path: "/",
    body: JSON.parse(followUp.call),
    dueMs: followUp.due_at_ms,
  });
}
