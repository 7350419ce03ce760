import { isPlatformTrouble, PermanentError } from "../../errors.ts";
import type { HttpRequest } from "../../http/handler.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../values/durations.ts";

/** How long a failed event waits before each next try; after the last one it waits for a person. */
const WAITS_MS = [10 * SECOND_MS, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS] as const;

/** How long to wait after the failure that follows so many others; undefined: no more by itself. */
export function waitAfter(step: number): number | undefined {
  return WAITS_MS[step];
}

export type FailureEnding =
  /** Leave the message to Pub/Sub, which then slows the whole subscription down: right only when all is slow. */
  { kind: "refuse" } | { kind: "defer"; waitMs: number } | { kind: "park" };

/**
 * How an event ends whose handling threw. This is the only place that decides it.
 * @param step how often this event was deferred since it came or a person released it
 */
export function failureEnding(error: unknown, step: number): FailureEnding {
  if (isPlatformTrouble(error)) return { kind: "refuse" };
  if (error instanceof PermanentError) return { kind: "park" };
  const waitMs = waitAfter(step);
  return waitMs === undefined ? { kind: "park" } : { kind: "defer", waitMs };
}

/**
 * Failures after which a timer waits for a person: with the queue's growing pauses that is hours. Trouble of the
 * platform does not count, then the queue goes on without limit.
 */
export const MAX_FAILURES = 20;

/** Whether a failed call of Cloud Tasks is not to be tried again. */
export function isLastTry(error: unknown, { headers }: HttpRequest): boolean {
  if (error instanceof PermanentError) return true;
  return !isPlatformTrouble(error) && Number(headers["x-cloudtasks-taskretrycount"] ?? 0) >= MAX_FAILURES;
}
