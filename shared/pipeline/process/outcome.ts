import { clock } from "../../clock.ts";
import type { LogFields } from "../../log.ts";
import { log } from "../../log.ts";
import type { FollowUp } from "../records/ledger-entry.ts";
import type { Attempt } from "./attempt.ts";
import type { CommitResult, ExistingEntry, SetAside } from "./commit-result.ts";
import type { RecordedFailure } from "./record-failure.ts";

/** The outcome of one delivery, release, drain, timer call or effect call. */
export interface Outcome {
  outcome: OutcomeName;
  /** Reason in words. Absent where the outcome says everything. */
  reason?: string;
  /** Names of the follow-ups that were sent. Absent when there are none. */
  follow_ups?: readonly string[];
  error?: unknown;
}

/** The names of the outcomes. `refused` is a nack: the caller must call again. Every other outcome is acknowledged. */
export type OutcomeName =
  | "done"
  | "skipped"
  | "duplicate"
  | "deferred"
  | "queued"
  | "parked"
  | "conflict"
  | "refused"
  | "not-mine"
  | EffectOutcomeName;

/** The names that only effects have. `gone`: the effect record does not exist. */
type EffectOutcomeName = "planned" | "sending" | "sent" | "unknown" | "held" | "too-late" | "gone";

const SEVERITIES: Partial<Record<OutcomeName, "WARNING" | "ERROR">> = {
  deferred: "WARNING",
  queued: "WARNING",
  "too-late": "WARNING",
  parked: "ERROR",
  conflict: "ERROR",
  refused: "ERROR",
  unknown: "ERROR",
};

/**
 * Writes the one log line of an attempt.
 * @param line the message, the function's name under its own field, and the fields that follow the outcome
 * @returns the outcome, for the answer
 */
export function logOutcome(
  line: {
    message: "reaction.finished" | "timer.finished" | "effect.finished" | "effect.waiting";
    by: LogFields;
    fields: LogFields;
  },
  outcome: Outcome,
): Outcome {
  const severity = SEVERITIES[outcome.outcome] ?? "INFO";
  log(severity, line.message, { ...line.by, ...outcome, ...line.fields });
  return outcome;
}

/** Writes the log line of an attempt at an event. */
export function logAttempt({ by, cause, origin, nowMs }: Attempt, outcome: Outcome): Outcome {
  const fields = {
    event_type: cause.event_type,
    event_id: cause.id,
    subject: cause.subject,
    correlation_id: cause.correlation_id,
    ...(origin.kind === "delivery" ? {} : { [`${origin.kind}_of`]: origin.n }),
    ms: clock.now() - nowMs,
    traceparent: cause.traceparent,
  };
  return logOutcome({ message: "reaction.finished", by: { reaction: by }, fields }, outcome);
}

/** Returns the outcome of a commit. */
export function outcomeOfCommit(result: CommitResult): Outcome {
  if (result.kind === "set-aside") return outcomeOfSetAside(result);
  if (result.kind === "existing") return duplicateOf(result.entry);
  if (result.state === "skipped") return { outcome: "skipped", reason: result.reason ?? "" };
  const followUps = result.followUps.map(nameOf);
  return followUps.length > 0 ? { outcome: "done", follow_ups: followUps } : { outcome: "done" };
}

function nameOf(followUp: FollowUp): string {
  if (followUp.kind === "event") return followUp.event_id;
  return followUp.kind === "timer" ? followUp.timer : followUp.effect;
}

/** Returns the outcome of an attempt whose work another attempt has done or is doing. */
export function duplicateOf(entry: ExistingEntry | undefined): Outcome {
  const reason = entry
    ? `the ledger entry is already ${entry.state}`
    : "another attempt has done this work, or is doing it";
  return { outcome: "duplicate", reason };
}

function outcomeOfSetAside({ state, reason }: SetAside): Outcome {
  return { outcome: state, reason: reason ?? "an earlier event of the same key waits" };
}

/** Returns the outcome of a recorded failure. */
export function outcomeOfFailure(
  failure: Exclude<RecordedFailure, { kind: "existing" }>,
  error: unknown,
): Outcome {
  if (failure.kind === "refused") return { outcome: "refused", error };
  if (failure.kind === "set-aside") return outcomeOfSetAside(failure);
  return { outcome: failure.kind, reason: failure.reason, error };
}
