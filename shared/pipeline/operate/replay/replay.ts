import { createTask } from "../../../google/tasks.ts";
import { WEEK_MS } from "../../../values/durations.ts";
import { hashOf } from "../../../values/ids.ts";
import { RELEASES } from "../../outbox/post-release.ts";
import type { ArchivedEvent } from "../../records/archived-event.ts";
import { archiveId } from "../../records/archived-event.ts";
import type { ReplayTo } from "../../records/generation.ts";
import { LEDGER_RETENTION_MS } from "../../records/ledger.ts";

/**
 * Returns the oldest time from which events may be replayed. The ledger entries of older events may have expired, and
 * the events would count twice. A rebuild may take any event, because a new generation has no entries yet.
 */
export function oldestReplayableMs(nowMs: number): number {
  return nowMs - (LEDGER_RETENTION_MS - WEEK_MS);
}

export interface Replay {
  reaction: string;
  archived: ArchivedEvent;
  dueMs: number;
  /** Id of the operator's act. Part of the task's name: each act posts an event once, even after a restart. */
  act: string;
  /** Target of the replay. Absent: an ordinary delivery. */
  to?: ReplayTo;
}

/**
 * Posts a task that delivers an archived event to one reaction, as Pub/Sub would. A handled event changes nothing by
 * default: its ledger entry is final. A unit of work that plans an existing effect again is skipped as always.
 */
export function postReplay({ reaction, archived, dueMs, act, to }: Replay): Promise<void> {
  const message = messageWith(archived);
  return createTask({
    queue: RELEASES,
    name: hashOf("replay", reaction, archiveId(archived), act),
    functionName: reaction,
    path: to ? "/replay" : "/",
    body: { message, ...to },
    dueMs,
  });
}

/** Rebuilds the published message from its archived event. */
function messageWith(archived: ArchivedEvent) {
  const { event_type, event_id, producer, subject, fingerprint, event } = archived;
  return {
    data: Buffer.from(event).toString("base64"),
    attributes: { event_type, event_id, producer, subject, fingerprint },
    messageId: archiveId(archived),
    publishTime: receivedAt(archived),
  };
}

/** Returns the time at which PulseCart received an archived event. */
export function receivedAt({ event }: Pick<ArchivedEvent, "event">): string {
  const { received_at }: { received_at: string } = JSON.parse(event);
  return received_at;
}
