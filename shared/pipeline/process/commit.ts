import { grpcStatus, grpcStatusOf, PermanentError } from "../../errors.ts";
import type { Transaction } from "../../google/firestore.ts";
import { inTransaction } from "../../google/firestore.ts";
import { SWEEP_GRACE_MS } from "../records/ledger.ts";
import type { FollowUp, LedgerEntry } from "../records/ledger-entry.ts";
import type { Skip } from "../skip.ts";
import { isSkip, skip } from "../skip.ts";
import type { Work } from "../work.ts";
import type { Admission } from "./admission.ts";
import { admitAttempt } from "./admission.ts";
import type { Attempt } from "./attempt.ts";
import type { Collision, CommandAnswer, CommitResult, Committed } from "./commit-result.ts";
import { leaveUnchanged, queueUp, writeFinished } from "./entry-writer.ts";
import { readDedupeFingerprint, readExistingEntry } from "./existing-entry.ts";
import type { OpenWork } from "./unit-of-work.ts";
import { openWork } from "./unit-of-work.ts";

/** The reason of an event whose id belongs to an earlier event with another fingerprint: an operator decides. */
export const CONFLICT = "another event with this id and other content came first";

/** A handler: it returns nothing, a skip, or a command's answer. */
export type Body = (work: Work) => Promise<Skip | CommandAnswer | void>;

/**
 * Runs a handler and commits its changes, its ledger entry and its follow-ups in one transaction.
 * The handler may run several times; only the last run counts.
 * @throws the error of the handler or of Firestore. Nothing was committed then; after a timeout a commit is possible.
 */
export async function commit(attempt: Attempt, body: Body): Promise<CommitResult | Collision> {
  try {
    return await inTransaction(transaction => runOnce(transaction, attempt, body));
  } catch (error) {
    if (grpcStatusOf(error) !== grpcStatus.alreadyExists) throw error;
    // ALREADY_EXISTS may come from this commit's own lost answer: the client repeats a commit. The entry tells.
    const entry = attempt.origin.kind === "delivery" ? await readExistingEntry(attempt) : undefined;
    return entry ? { kind: "existing", entry } : { kind: "collision" };
  }
}

/**
 * Commits like `commit`, and records a skip when a business key is in use: another event did the work then.
 * @throws PermanentError when the dedupe document holds another event of the same id
 */
export async function commitOrSkip(attempt: Attempt, body: Body): Promise<CommitResult> {
  const result = await commit(attempt, body);
  if (result.kind !== "collision") return result;
  const retried = await commit(attempt, await bodyAfterCollision(attempt));
  // The retry creates only the ledger entry, so a second collision means that the entry exists.
  return retried.kind === "collision" ? { kind: "existing", entry: undefined } : retried;
}

async function bodyAfterCollision(attempt: Attempt): Promise<Body> {
  const existing = await readDedupeFingerprint(attempt);
  if (existing === undefined) return async () => skip("another event did this work already");
  if (existing !== attempt.cause.fingerprint) throw new PermanentError(CONFLICT);
  return async () => undefined;
}

async function runOnce(transaction: Transaction, attempt: Attempt, body: Body): Promise<CommitResult> {
  const willCreate = attempt.origin.kind === "delivery";
  const admission = await admitAttempt(transaction, attempt, { willCreate });
  if (admission.may === "stop") return leaveUnchanged(attempt, admission);
  if (admission.may === "queue") return queueUp(transaction, attempt, admission);
  const open = openWork(transaction, attempt.by, attempt);
  const result = await body(open.work);
  if (isSkip(result)) {
    const reason = result.skip;
    const drain = writeFinished(transaction, attempt, { admission, state: "skipped", fields: { reason } });
    return { kind: "committed", state: "skipped", followUps: [], reason, drain };
  }
  return writeWork(transaction, attempt, { admission, open, answer: result ?? undefined });
}

function writeWork(
  transaction: Transaction,
  attempt: Attempt,
  done: { admission: Admission; open: OpenWork; answer?: CommandAnswer },
): Committed {
  const { admission, open, answer } = done;
  open.apply(transaction);
  const { followUps } = open;
  const state = followUps.length > 0 ? "pending" : "done";
  const fields = {
    answer: answer?.answer,
    aggregate: answer?.aggregate,
    ...(state === "pending" ? unsent(followUps, attempt.nowMs) : {}),
  };
  const drain = writeFinished(transaction, attempt, { admission, state, fields });
  return { kind: "committed", state, followUps, answer, drain };
}

/** Returns the fields of an entry with unsent follow-ups: no expiry, and the time from which the sweep takes over. */
function unsent(followUps: FollowUp[], nowMs: number): Partial<LedgerEntry> {
  return { follow_ups: followUps, due_at_ms: nowMs + SWEEP_GRACE_MS, ...announced(followUps, nowMs) };
}

/** Returns the fields that outlive the follow-ups: with them the day close finds announced events that never arrived. */
function announced(followUps: readonly FollowUp[], nowMs: number): Partial<LedgerEntry> {
  const events = followUps.flatMap(followUp => (followUp.kind === "event" ? [followUp] : []));
  const [first] = events;
  if (!first) return {};
  const { producer }: { producer: string } = JSON.parse(first.event);
  return {
    announced: events.map(({ event_id }) => event_id),
    announced_count: events.length,
    announced_on: `${new Date(nowMs).toISOString().slice(0, 10)} ${producer}`,
  };
}
