import type { Transaction } from "../../google/firestore.ts";
import { inTransaction } from "../../google/firestore.ts";
import { log } from "../../log.ts";
import { postDrain } from "../outbox/post-drain.ts";
import { releaseAt } from "../outbox/post-release.ts";
import { SWEEP_GRACE_MS } from "../records/ledger.ts";
import { admitAttempt } from "./admission.ts";
import type { Attempt } from "./attempt.ts";
import type { Existing, SetAside } from "./commit-result.ts";
import { keptEvent, leaveUnchanged, queueUp, writeUnfinished } from "./entry-writer.ts";
import { decideFailure, stepOf } from "./retry-policy.ts";

/** Max length of a reason in the ledger: an error message may quote a whole request. */
const MAX_REASON_CHARACTERS = 1_000;

/** The result of recording a failure. */
export type RecordedFailure =
  | { kind: "refused" }
  | { kind: "deferred"; n: number; reason: string; dueMs: number }
  | { kind: "parked"; reason: string }
  /** Another event of the key failed meanwhile: this event waits behind it. */
  | SetAside
  /** Another attempt got further meanwhile: its state stays. */
  | Existing;

/**
 * Records the failure of an attempt: deferred with a release at its due time, or parked.
 * Changes an entry only from the exact state that the attempt started from.
 * @throws the error of Firestore; nothing is recorded then and the message must not be acknowledged
 */
export async function recordFailure(attempt: Attempt, error: unknown): Promise<RecordedFailure> {
  const failure = await inTransaction(transaction => recordInside(transaction, attempt, error));
  if (failure.kind === "deferred") await postRelease(attempt, failure);
  if ("drain" in failure && failure.drain && attempt.origin.kind !== "drain")
    await postDrain(failure.drain, attempt.nowMs);
  return failure;
}

async function recordInside(
  transaction: Transaction,
  attempt: Attempt,
  error: unknown,
): Promise<RecordedFailure> {
  const admission = await admitAttempt(transaction, attempt, { willCreate: false });
  const { before } = admission;
  if (admission.may === "stop") return leaveUnchanged(attempt, admission);
  if (admission.may === "queue") return queueUp(transaction, attempt, admission);
  const step = stepOf(before);
  const decision = decideFailure(error, step);
  if (decision.kind === "refuse") return { kind: "refused" };
  const reason = reasonOf(error);
  const n = (before?.n ?? 0) + 1;
  const counted = { n, step: step + 1 };
  // A retry needs the event: an event that is too large to keep is parked.
  if (decision.kind === "park" || keptEvent(attempt) === undefined) {
    writeUnfinished(transaction, attempt, { admission, state: "parked", fields: counted, reason });
    return { kind: "parked", reason };
  }
  const dueMs = attempt.nowMs + decision.waitMs;
  const fields = { ...counted, due_at_ms: dueMs + SWEEP_GRACE_MS };
  writeUnfinished(transaction, attempt, { admission, state: "deferred", fields, reason });
  return { kind: "deferred", n, reason, dueMs };
}

/** Posts the release of a deferred entry. A lost release is found by the sweep: the entry says when it is overdue. */
async function postRelease(
  { ledgerId, by }: Attempt,
  { n, dueMs }: { n: number; dueMs: number },
): Promise<void> {
  try {
    await releaseAt({ ledgerId, reaction: by, n, dueMs, poster: "failure" });
  } catch (error) {
    log("WARNING", "release.postponed", { ledger_id: ledgerId, reaction: by, error });
  }
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return reason.slice(0, MAX_REASON_CHARACTERS);
}
