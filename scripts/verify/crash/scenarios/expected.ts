import type { Scenario, Traces } from "../stage/scenario.ts";

/** The event that most functions of the scenarios emit. */
export const segmentChange = { "user.segment_changed": 1 };

/**
 * Expects all traces, with one exception: a lost message whose process was killed before `commit` leaves `without`.
 */
export function unlessLost(
  all: Traces,
  { without = {}, commit = "Commit 1" }: { without?: Traces; commit?: string } = {},
): Scenario["expected"] {
  return ({ variant, reached }) => (variant === "lost" && !reached(commit) ? without : all);
}

/**
 * Expects a released entry of the function `by` to be done. An operator's release that was killed before its commit
 * leaves the entry parked.
 */
export function doneOrStillParked(all: Traces, by: string): Scenario["expected"] {
  return ({ variant, reached }) => {
    const isLost = variant === "lost" && !reached("Commit 1");
    return isLost ? { ledger: [`${by} parked`] } : { ...all, ledger: [`${by} done`] };
  };
}
