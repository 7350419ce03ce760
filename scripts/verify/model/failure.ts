import { PermanentError } from "../../../shared/errors.ts";
import { decideFailure } from "../../../shared/pipeline/process/retry-policy.ts";
import type { Setting } from "./setting.ts";

const errors = {
  error: new Error("The handler failed"),
  "permanent error": new PermanentError("The event can never be handled"),
  platform: Object.assign(new Error("UNAVAILABLE"), { code: 14 }),
};
export type Thrown = keyof typeof errors;

/**
 * Decides by the retry policy what follows a failure.
 * A setting with fewer tries starts higher on the ladder of waiting times. The end of the ladder is the same.
 */
export function stateAfterFailure(thrown: Thrown, tries: number, setting: Setting): "deferred" | "parked" {
  const ladder = ladderLength();
  const step = ladder - Math.min(ladder, setting.tries) + tries;
  return decideFailure(errors[thrown], step).kind === "defer" ? "deferred" : "parked";
}

/** Tells whether an error is a nack: the message stays with Pub/Sub, the task with Cloud Tasks. */
export function isNacked(thrown: Thrown): boolean {
  return decideFailure(errors[thrown], 0).kind === "refuse";
}

/** Counts the automatic retries of the retry policy. */
function ladderLength(): number {
  let steps = 0;
  while (decideFailure(errors.error, steps).kind === "defer") steps += 1;
  return steps;
}
