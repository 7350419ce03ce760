import { clock } from "../clock.ts";
import { createTask } from "../google/tasks.ts";
import { hashOf } from "./ids.ts";
import type { LedgerEntry } from "./ledger.ts";
import { markDone } from "./ledger.ts";
import type { Performed } from "./perform.ts";
import { publishEvent } from "./publish.ts";

/** What a unit of work leaves to be sent after its commit. Plain data: it is stored in the ledger entry. */
export type FollowUp = EventFollowUp | TimerFollowUp;

export interface EventFollowUp {
  kind: "event";
  event_id: string;
  /** The whole event as JSON. */
  event: string;
  fingerprint: string;
}

export interface TimerFollowUp {
  kind: "timer";
  timer: string;
  key: string;
  due_at_ms: number;
  /** The body of the timer's task as JSON. */
  call: string;
}

/**
 * Sends an entry's follow-ups in their order and then marks it done. Sending again sends the same: events keep
 * their ids, tasks their names. It may be called by whoever finds the entry pending.
 * @throws what Pub/Sub or Cloud Tasks threw; the entry then stays pending, for a redelivery or the sweep.
 */
export async function relay(id: string, entry: Pick<LedgerEntry, "follow_ups">): Promise<void> {
  for (const followUp of entry.follow_ups ?? []) await send(followUp);
  await markDone(id, clock.now());
}

/** Relays what this attempt committed, or what it met of another one that did not get so far. */
export async function relayPerformed(id: string, performed: Performed): Promise<void> {
  if (performed.kind === "committed" && performed.state === "pending") {
    await relay(id, { follow_ups: performed.followUps });
  }
  if (performed.kind === "met" && performed.entry?.state === "pending") await relay(id, performed.entry);
}

async function send(followUp: FollowUp): Promise<void> {
  if (followUp.kind === "event") {
    await publishEvent(JSON.parse(followUp.event), followUp.fingerprint);
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
