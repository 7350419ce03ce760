import { ledgerId } from "../records/ledger.ts";
import type { Cause } from "../records/ledger-entry.ts";
import { DELIVERY } from "../records/ledger-state.ts";
import type { Skip } from "../skip.ts";
import type { Work } from "../work.ts";
import type { Attempt } from "./attempt.ts";
import { commitOrSkip } from "./commit.ts";
import type { CommitResult } from "./commit-result.ts";
import { relayCommit } from "./relay-commit.ts";

/** A unit of work that a task or a schedule starts, not an event. */
export interface UnitOfWork {
  /** Function that owns the work. */
  by: string;
  /** Id of the work, unique per function: the same id is committed once. */
  id: string;
  nowMs: number;
  /** Thing that the work is about. Absent: the id. */
  subject?: string;
  correlationId: string;
  traceparent?: string;
}

/**
 * Commits a unit of work once per id, then sends its follow-ups.
 * @returns the result of the commit; an earlier run of the same id gives `existing`
 * @throws the error of the body, of Firestore, Pub/Sub or Cloud Tasks; running the same id again is safe
 */
export async function runUnitOfWork(
  unit: UnitOfWork,
  body: (work: Work) => Promise<Skip | void>,
): Promise<CommitResult> {
  const attempt = attemptAt(unit);
  const result = await commitOrSkip(attempt, body);
  await relayCommit(attempt, result);
  return result;
}

/** Creates the attempt at a unit of work. */
export function attemptAt({ by, id, nowMs, subject = id, correlationId, traceparent }: UnitOfWork): Attempt {
  const cause: Cause = {
    producer: by,
    id,
    event_type: "timer",
    subject,
    fingerprint: "",
    correlation_id: correlationId,
    traceparent,
  };
  return { ledgerId: ledgerId(by, cause), by, cause, nowMs, origin: DELIVERY };
}
