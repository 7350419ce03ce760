import { clock } from "../clock.ts";
import { createTask } from "../google/tasks.ts";
import { armEffect } from "./effect-record.ts";
import { hashOf } from "./ids.ts";
import { markDone } from "./ledger.ts";
import type { FollowUp, LedgerEntry } from "./ledger-entry.ts";
import { publishEvent } from "./publish.ts";

/**
 * Sends an entry's follow-ups in their order and then marks it done. Sending again sends the same: events keep
 * their ids, tasks their names. It may be called by whoever finds the entry pending.
 * @throws what Pub/Sub or Cloud Tasks threw; the entry then stays pending, for a redelivery or the sweep.
 */
export async function relay(id: string, entry: Pick<LedgerEntry, "follow_ups">): Promise<void> {
  for (const followUp of entry.follow_ups ?? []) await send(followUp);
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
