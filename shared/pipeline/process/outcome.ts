import { clock } from "../../clock.ts";
import { log } from "../../log.ts";
import type { FollowUp } from "../records/ledger-entry.ts";
import type { Attempt } from "./attempt.ts";
import type { Met, Settled } from "./commit.ts";
import type { Failed } from "./record-failure.ts";

/** How one delivery, release or drain ended. Refused: it must come again; all else is acknowledged. */
export type Ending = {
  outcome:
    | "done"
    | "skipped"
    | "duplicate"
    | "deferred"
    | "queued"
    | "parked"
    | "conflict"
    | "refused"
    | "not-mine";
  reason?: string;
  follow_ups?: readonly string[];
  error?: unknown;
};

export function endingOf(performed: Settled): Ending {
  if (performed.kind === "set-aside") return setAside(performed);
  if (performed.kind === "met") return duplicateOf(performed.entry);
  if (performed.state === "skipped") return { outcome: "skipped", reason: performed.reason ?? "" };
  const followUps = performed.followUps.map(nameOf);
  return {
    outcome: "done",
    ...(followUps.length > 0 ? { follow_ups: followUps } : {}),
  };
}

function nameOf(followUp: FollowUp): string {
  if (followUp.kind === "event") return followUp.event_id;
  return followUp.kind === "timer" ? followUp.timer : followUp.effect;
}

export function duplicateOf(entry: Met | undefined): Ending {
  return { outcome: "duplicate", reason: entry ? `is already ${entry.state}` : "its entry is gone" };
}

function setAside({ state, reason }: { state: "queued" | "parked"; reason?: string }): Ending {
  return { outcome: state, reason: reason ?? "another one of its key waits before it" };
}

export function failureOf(failed: Exclude<Failed, { kind: "met" }>, error: unknown): Ending {
  if (failed.kind === "refused") return { outcome: "refused", error };
  if (failed.kind === "set-aside") return setAside(failed);
  return { outcome: failed.kind, reason: failed.reason, error };
}

const severities = {
  deferred: "WARNING",
  queued: "WARNING",
  parked: "ERROR",
  conflict: "ERROR",
  refused: "ERROR",
} as const;

/** Leaves the one line of an attempt. Answers whether what set it off may be acknowledged. */
export function finish(attempt: Attempt, { outcome, ...details }: Ending): boolean {
  const severity = outcome in severities ? severities[outcome as keyof typeof severities] : "INFO";
  const { origin } = attempt;
  log(severity, "reaction.finished", {
    reaction: attempt.by,
    outcome,
    event_type: attempt.cause.event_type,
    event_id: attempt.cause.id,
    subject: attempt.cause.subject,
    correlation_id: attempt.cause.correlation_id,
    ...details,
    ...(origin.kind === "delivery" ? {} : { [`${origin.kind}_of`]: origin.n }),
    ms: clock.now() - attempt.nowMs,
    traceparent: attempt.cause.traceparent,
  });
  return outcome !== "refused";
}
