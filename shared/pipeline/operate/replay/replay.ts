import { createTask } from "../../../google/tasks.ts";
import { WEEK_MS } from "../../../values/durations.ts";
import { hashOf } from "../../../values/ids.ts";
import { RELEASES } from "../../outbox/post-release.ts";
import type { ArchivedEvent } from "../../records/archived-event.ts";
import { archiveId } from "../../records/archived-event.ts";
import type { ReplayTo } from "../../records/generation.ts";
import { LEDGER_RETENTION_MS } from "../../records/ledger.ts";

/**
 * The oldest event that may be replayed: of an older one the mark that it was handled may be gone, and it would
 * count twice. A rebuild may take any, because a new generation has no marks yet.
 */
export function oldestReplayableMs(nowMs: number): number {
  return nowMs - (LEDGER_RETENTION_MS - WEEK_MS);
}

export interface Replay {
  reaction: string;
  archived: ArchivedEvent;
  dueMs: number;
  /** Names the task: the same event is posted once per act, however often the tool is stopped and run again. */
  act: string;
  /** Where it is not simply delivered once more. */
  to?: ReplayTo;
}

/**
 * Has Cloud Tasks bring an archived event to one reaction alone, as Pub/Sub would. By itself that changes nothing
 * the reaction has handled: its ledger knows the event. An effect that was planned before has its own key, so the
 * unit of work that plans it again is skipped, whoever brings the event.
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

/** The message as it was published, as far as the archive knows it. */
function messageWith(archived: ArchivedEvent) {
  const { event_type, event_id, producer, subject, fingerprint, event } = archived;
  return {
    data: Buffer.from(event).toString("base64"),
    attributes: { event_type, event_id, producer, subject, fingerprint },
    messageId: archiveId(archived),
    publishTime: receivedAt(archived),
  };
}

/** When PulseCart heard of an archived event. */
export function receivedAt({ event }: Pick<ArchivedEvent, "event">): string {
  const { received_at }: { received_at: string } = JSON.parse(event);
  return received_at;
}
