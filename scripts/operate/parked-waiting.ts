import { SWEEP_GRACE_MS } from "../../shared/pipeline/records/ledger.ts";
import { untilText } from "../cli/times.ts";
import type { EntrySelection } from "./find-entries.ts";
import { findEntries } from "./find-entries.ts";

/** Numbers of the entries that are neither parked nor final: a retry or a drain runs them automatically. */
export interface Waiting {
  /** Entries with an automatic retry. */
  retried: number;
  /** Time of the next retry, in milliseconds. Absent when there is none. */
  nextRetryMs?: number;
  /** Entries that wait in their lane behind another. */
  waiting: number;
}

/** Counts the deferred and queued entries that match the conditions of a list of parked ones. */
export async function countWaiting(selection: Omit<EntrySelection, "state">): Promise<Waiting> {
  let retried = 0;
  let nextMs = Number.POSITIVE_INFINITY;
  for await (const { due_at_ms = 0 } of findEntries({ ...selection, state: "deferred" })) {
    retried += 1;
    // The stored time is the sweep's: it leaves the retry's own task a head start.
    nextMs = Math.min(nextMs, due_at_ms - SWEEP_GRACE_MS);
  }
  let waiting = 0;
  for await (const _queued of findEntries({ ...selection, state: "queued" })) waiting += 1;
  return { retried, nextRetryMs: retried > 0 ? nextMs : undefined, waiting };
}

/** Renders the line below a list of parked entries: the entries that the list leaves out. */
export function waitingText({ retried, nextRetryMs, waiting }: Waiting, nowMs: number): string {
  const next = nextRetryMs === undefined ? "" : ` (next ${untilText(nextRetryMs - nowMs)})`;
  const retries = `${retried} ${retried === 1 ? "is" : "are"} being retried${next}`;
  return `${retries}, ${waiting} ${waiting === 1 ? "waits" : "wait"} behind another: --state deferred|queued`;
}

/** Returns the numbers as JSON output shows them. */
export function waitingJson({ retried, nextRetryMs, waiting }: Waiting) {
  const next_retry = nextRetryMs === undefined ? undefined : new Date(nextRetryMs).toISOString();
  return { retried, next_retry, waiting };
}
