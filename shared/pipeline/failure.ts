import { inTransaction } from "../google/firestore.ts";
import { createTask } from "../google/tasks.ts";
import { log } from "../log.ts";
import { hashOf } from "./ids.ts";
import { ledgerRef, newEntry, readEntry, SWEEP_GRACE_MS } from "./ledger.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { FailureEnding } from "./outcome.ts";
import { failureEnding } from "./outcome.ts";
import type { Attempt } from "./perform.ts";

/** The queue of automatic releases, shared by all reactions. */
export const RELEASES = "releases";

/** An accepted event is 256 KiB and what ingest adds; a whole ledger entry may have 1 MiB. */
const MAX_KEPT_BYTES = 512 * 1024;
const MAX_REASON_CHARACTERS = 1_000;

export type Failed =
  | { kind: "refused" }
  | { kind: "deferred"; n: number; reason: string; dueMs: number }
  | { kind: "parked"; reason: string }
  /** Another attempt got further meanwhile: its state stands. */
  | { kind: "met"; entry: LedgerEntry | undefined };

/**
 * Records how a failed attempt ends and, if it is to be tried again, has it released at its time.
 * An entry is changed only from the exact state this attempt started from.
 * @param event the event as JSON, kept with the entry for its release
 * @throws what Firestore threw; nothing is recorded then and the message must not be acknowledged
 */
export async function recordFailure(attempt: Attempt, event: string, error: unknown): Promise<Failed> {
  const failed = await inTransaction<Failed>(async transaction => {
    const before = await readEntry(attempt.ledgerId, transaction);
    if (!startedFrom(attempt, before)) return { kind: "met", entry: before };
    const decided = failureEnding(error, before?.step ?? 0);
    // What cannot be kept cannot be tried again.
    const ending: FailureEnding = decided.kind === "defer" && !canKeep(event) ? { kind: "park" } : decided;
    if (ending.kind === "refuse") return { kind: "refused" };
    const reason = reasonOf(error);
    const base = failedEntry(attempt, before, { reason, event });
    if (ending.kind === "park") {
      transaction.set(ledgerRef(attempt.ledgerId), {
        ...base,
        state: "parked",
      });
      return { kind: "parked", reason };
    }
    const dueMs = attempt.nowMs + ending.waitMs;
    transaction.set(ledgerRef(attempt.ledgerId), {
      ...base,
      state: "deferred",
      due_at_ms: dueMs + SWEEP_GRACE_MS,
    });
    return { kind: "deferred", n: base.n, reason, dueMs };
  });
  if (failed.kind === "deferred") await postRelease(attempt, failed);
  return failed;
}

function failedEntry(
  attempt: Attempt,
  before: LedgerEntry | undefined,
  failure: { reason: string; event: string },
) {
  const start: Omit<LedgerEntry, "state"> = before ?? newEntry(attempt.by, attempt.cause, attempt.nowMs);
  const { due_at_ms: _past, ...kept } = start;
  const { reason, event } = failure;
  return {
    ...kept,
    ...(canKeep(event) ? { event, reason } : { reason: `${reason} (the event itself is too large to keep)` }),
    n: kept.n + 1,
    step: kept.step + 1,
    changed_at_ms: attempt.nowMs,
  };
}

function canKeep(event: string): boolean {
  return Buffer.byteLength(event) <= MAX_KEPT_BYTES;
}

function startedFrom(attempt: Attempt, before: LedgerEntry | undefined): boolean {
  if (attempt.releaseOf === undefined) return before === undefined;
  return before?.state === "deferred" && before.n === attempt.releaseOf;
}

/** A release that cannot be posted is not lost: the entry says when it is overdue, and the sweep looks. */
async function postRelease(
  { ledgerId, by }: Attempt,
  { n, dueMs }: { n: number; dueMs: number },
): Promise<void> {
  try {
    await releaseAt({ ledgerId, reaction: by, n, dueMs, poster: "failure" });
  } catch (error) {
    log("WARNING", "release.postponed", {
      ledger_id: ledgerId,
      reaction: by,
      error,
    });
  }
}

/** Has a reaction try one deferred entry again. `n` fences it: once the entry moved on, it does nothing. */
export function releaseAt(release: {
  ledgerId: string;
  reaction: string;
  n: number;
  dueMs: number;
  /** Who posts it, part of the task's name: the same release may be posted again by somebody else. */
  poster: string;
}): Promise<void> {
  const { ledgerId, reaction, n, dueMs, poster } = release;
  return createTask({
    queue: RELEASES,
    name: hashOf(ledgerId, n, poster),
    functionName: reaction,
    path: "/release",
    body: { ledger_id: ledgerId, n },
    dueMs,
  });
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return reason.slice(0, MAX_REASON_CHARACTERS);
}
