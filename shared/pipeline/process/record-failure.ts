import { inTransaction } from "../../google/firestore.ts";
import { log } from "../../log.ts";
import { postDrain } from "../outbox/post-drain.ts";
import { releaseAt } from "../outbox/post-release.ts";
import { SWEEP_GRACE_MS } from "../records/ledger.ts";
import { triesBefore } from "../records/ledger-state.ts";
import type { Attempt, SetAside } from "./attempt.ts";
import { keptEvent, look, met, queueUp, writeUnfinished } from "./attempt.ts";
import { failureEnding } from "./retry-policy.ts";

const MAX_REASON_CHARACTERS = 1_000;

export type Failed =
  | { kind: "refused" }
  | { kind: "deferred"; n: number; reason: string; dueMs: number }
  | { kind: "parked"; reason: string }
  /** Another one of its key failed meanwhile: this one waits behind it. */
  | SetAside
  /** Another attempt got further meanwhile: its state stands. */
  | ReturnType<typeof met>;

/**
 * Records how a failed attempt ends and, if it is to be tried again, has it released at its time.
 * An entry is changed only from the exact state this attempt started from.
 * @throws what Firestore threw; nothing is recorded then and the message must not be acknowledged
 */
export async function recordFailure(attempt: Attempt, error: unknown): Promise<Failed> {
  const failed = await inTransaction<Failed>(async transaction => {
    const found = await look(transaction, attempt, { willCreate: false });
    const { before } = found;
    if (found.may === "met") return met(attempt, found);
    if (found.may === "queue") return queueUp(transaction, attempt, found);
    const tries = triesBefore(before);
    const ending = failureEnding(error, tries);
    if (ending.kind === "refuse") return { kind: "refused" };
    const reason = reasonOf(error);
    const n = (before?.n ?? 0) + 1;
    const counted = { n, step: tries + 1 };
    // What cannot be kept cannot be tried again.
    if (ending.kind === "park" || keptEvent(attempt) === undefined) {
      writeUnfinished(transaction, attempt, { found, state: "parked", fields: counted, reason });
      return { kind: "parked", reason };
    }
    const dueMs = attempt.nowMs + ending.waitMs;
    const fields = { ...counted, due_at_ms: dueMs + SWEEP_GRACE_MS };
    writeUnfinished(transaction, attempt, { found, state: "deferred", fields, reason });
    return { kind: "deferred", n, reason, dueMs };
  });
  if (failed.kind === "deferred") await postRelease(attempt, failed);
  if ("drain" in failed && failed.drain && attempt.origin.kind !== "drain")
    await postDrain(failed.drain, attempt.nowMs);
  return failed;
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

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return reason.slice(0, MAX_REASON_CHARACTERS);
}
