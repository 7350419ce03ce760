import { isPlatformTrouble, PermanentError } from "../../errors.ts";
import type { HttpRequest } from "../../http/handler.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../values/durations.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";

/** Delays before the retries of a failed event, in milliseconds. After the last retry the event is parked. */
const WAITS_MS = [10 * SECOND_MS, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS] as const;

/**
 * Returns the delay after a failure.
 * @param step number of failures before this one
 * @returns undefined when no automatic retry is left
 */
export function waitAfter(step: number): number | undefined {
  return WAITS_MS[step];
}

/**
 * Returns the step of an entry. A parked entry has no automatic retry left, also while it waits in its lane after a
 * release. A failure of that retry parks the entry again.
 */
export function stepOf(entry: Pick<LedgerEntry, "state" | "step"> | undefined): number {
  const { state, step = 0 } = entry ?? {};
  return state === "parked" ? Math.max(step, WAITS_MS.length) : step;
}

/** `refuse`: a nack, so that Pub/Sub slows down the whole subscription. Right only for platform trouble, which affects every message. */
export type FailureDecision = { kind: "refuse" } | { kind: "defer"; waitMs: number } | { kind: "park" };

/**
 * Decides how the failure of an event is handled. No other function decides that.
 * @param step number of failures before this one; see `stepOf`
 */
export function decideFailure(error: unknown, step: number): FailureDecision {
  if (isPlatformTrouble(error)) return { kind: "refuse" };
  if (error instanceof PermanentError) return { kind: "park" };
  const waitMs = waitAfter(step);
  return waitMs === undefined ? { kind: "park" } : { kind: "defer", waitMs };
}

/**
 * Max retries of a task before its timer or effect is parked: with the queue's backoff that takes hours. Cloud Tasks
 * counts retries after platform trouble, too. A call that fails by platform trouble never parks.
 */
export const MAX_FAILURES = 20;

/** Tells whether a failed call of Cloud Tasks gets no retry. */
export function isLastTry(error: unknown, { headers }: HttpRequest): boolean {
  if (error instanceof PermanentError) return true;
  return !isPlatformTrouble(error) && Number(headers["x-cloudtasks-taskretrycount"] ?? 0) >= MAX_FAILURES;
}
