import { clock } from "../../clock.ts";
import { subjectOf } from "../../events/envelope.ts";
import { createTask } from "../../google/tasks.ts";
import { hashOf } from "../../values/ids.ts";
import { markDone } from "../records/ledger.ts";
import type { FollowUp, LedgerEntry } from "../records/ledger-entry.ts";
import { armEffect } from "./post-effect.ts";
import { publishEvent } from "./publish.ts";

/**
 * Sends an entry's follow-ups in their order and then marks it done. Sending again sends the same: events keep
 * their ids, tasks their names. It may be called by whoever finds the entry pending.
 * @throws what Pub/Sub or Cloud Tasks threw; the entry then stays pending, for a redelivery or the sweep.
 */
export async function relay(id: string, entry: Pick<LedgerEntry, "follow_ups">): Promise<void> {
  for (const together of inOrder(entry.follow_ups ?? [])) await Promise.all(together.map(send));
  await markDone(id, clock.now());
}

/** A page of the night may announce something to hundreds of people, each in a publish request of its own. */
const MOST_TOGETHER = 50;

/** Events about different subjects have no order among them: those that are next to each other go out together. */
function* inOrder(followUps: readonly FollowUp[]): Generator<FollowUp[]> {
  let together: FollowUp[] = [];
  const subjects = new Set<string>();
  for (const followUp of followUps) {
    const subject = followUp.kind === "event" ? subjectOf(JSON.parse(followUp.event)) : undefined;
    const isFree = subject !== undefined && subjects.size > 0 && !subjects.has(subject);
    if (together.length > 0 && (!isFree || together.length === MOST_TOGETHER)) {
      yield together;
      together = [];
      subjects.clear();
    }
    together.push(followUp);
    if (subject !== undefined) subjects.add(subject);
  }
  if (together.length > 0) yield together;
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
