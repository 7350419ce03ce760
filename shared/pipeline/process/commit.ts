import { grpcStatus, grpcStatusOf, PermanentError } from "../../errors.ts";
import type { Transaction } from "../../google/firestore.ts";
import { inTransaction, readDocument } from "../../google/firestore.ts";
import type { Drain } from "../outbox/post-drain.ts";
import { postDrain } from "../outbox/post-drain.ts";
import { relay } from "../outbox/relay.ts";
import { readEntry, SWEEP_GRACE_MS } from "../records/ledger.ts";
import type { FollowUp, LedgerEntry } from "../records/ledger-entry.ts";
import type { Skip } from "../skip.ts";
import { isSkip, skip } from "../skip.ts";
import type { Work } from "../work.ts";
import type { Attempt, SetAside } from "./attempt.ts";
import { look, met, queueUp, writeFinished } from "./attempt.ts";
import { openWork } from "./unit-of-work.ts";

/** Two events of one producer share an id and differ: the first stands, the other waits for a person. */
export const CONFLICT = "another event with this id and other content came first";

/** What a handler may hand back besides nothing: that there was nothing to do, or a command's answer. */
export interface Result {
  answer: string;
  aggregate: string;
}

export type Performed =
  | Settled
  /** Another document this work would create exists: its business key is taken. Nothing was committed. */
  | { kind: "taken" };

export type Settled =
  /** This attempt committed; the follow-ups are to be sent. */
  | Committed
  /** Another one of its key waits: this one waits behind it. */
  | SetAside
  /** The work is or was somebody else's: here is what they left. Absent: a release that came too late. */
  | { kind: "met"; entry: Met | undefined; drain?: Drain };

export interface Committed {
  kind: "committed";
  state: "pending" | "done" | "skipped";
  followUps: FollowUp[];
  reason?: string;
  result?: Result;
  drain?: Drain;
}

export type Met = Pick<LedgerEntry, "state" | "cause" | "follow_ups" | "answer" | "aggregate">;

type Body = (work: Work) => Promise<Skip | Result | void>;

/**
 * Runs a handler and commits everything it asked for together with its ledger entry: all of it or nothing, once.
 * The handler may run several times; only the last run counts.
 * @throws whatever the handler or Firestore threw; nothing was committed then, as far as is known.
 */
export async function perform(attempt: Attempt, body: Body): Promise<Performed> {
  try {
    return await inTransaction(transaction => commitOnce(transaction, attempt, body));
  } catch (error) {
    if (grpcStatusOf(error) !== grpcStatus.alreadyExists) throw error;
    // Never done by itself: the client repeats a commit whose answer was lost and then meets its own write.
    const entry = attempt.origin.kind === "delivery" ? await readMark(attempt) : undefined;
    return entry ? { kind: "met", entry } : { kind: "taken" };
  }
}

/**
 * The same where a taken business key means that the work was done under another event: it is recorded as skipped.
 * @throws PermanentError when the document that is its own mark holds another event of the same id
 */
export async function performOrSkip(attempt: Attempt, body: Body): Promise<Settled> {
  const performed = await perform(attempt, body);
  if (performed.kind !== "taken") return performed;
  const settled = await perform(attempt, await whenTaken(attempt));
  // With nothing but its own entry to create, only that entry can have been there.
  return settled.kind === "taken" ? { kind: "met", entry: undefined } : settled;
}

/** What is left to do when something this work would create is there already. */
async function whenTaken(attempt: Attempt): Promise<Body> {
  const kept = await fingerprintOfMark(attempt);
  if (kept === undefined) return async () => skip("its work was already done");
  if (kept !== attempt.cause.fingerprint) throw new PermanentError(CONFLICT);
  return async () => undefined;
}

async function commitOnce(transaction: Transaction, attempt: Attempt, body: Body): Promise<Performed> {
  const found = await look(transaction, attempt, { willCreate: attempt.origin.kind === "delivery" });
  if (found.may === "met") return met(attempt, found);
  if (found.may === "queue") return queueUp(transaction, attempt, found);
  const open = openWork(transaction, attempt.by, attempt);
  const result = await body(open.work);
  if (isSkip(result)) {
    const reason = result.skip;
    const drain = writeFinished(transaction, attempt, { found, state: "skipped", fields: { reason } });
    return { kind: "committed", state: "skipped", followUps: [], reason, ...(drain && { drain }) };
  }
  open.apply(transaction);
  const { followUps } = open;
  const state = followUps.length > 0 ? "pending" : "done";
  const fields = {
    ...(result ? { answer: result.answer, aggregate: result.aggregate } : {}),
    ...(state === "pending" ? unsent(followUps, attempt.nowMs) : {}),
  };
  const drain = writeFinished(transaction, attempt, { found, state, fields });
  return {
    kind: "committed",
    state,
    followUps,
    ...(result ? { result } : {}),
    ...(drain && { drain }),
  };
}

/** Until its follow-ups are sent an entry must not expire, and the sweep must know when to worry. */
function unsent(followUps: FollowUp[], nowMs: number): Partial<LedgerEntry> {
  return { follow_ups: followUps, due_at_ms: nowMs + SWEEP_GRACE_MS, ...announced(followUps, nowMs) };
}

/** What is remembered of announcements when they are sent: so the night can tell which of them nobody ever saw. */
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

async function readMark(attempt: Attempt): Promise<Met | undefined> {
  const entry = await readEntry(attempt.ledgerId);
  if (entry) return entry;
  const fingerprint = await fingerprintOfMark(attempt);
  return fingerprint === undefined ? undefined : { state: "done", cause: { ...attempt.cause, fingerprint } };
}

async function fingerprintOfMark({ dedupeDocument }: Attempt): Promise<string | undefined> {
  const mark =
    dedupeDocument && (await readDocument<{ fingerprint: string }>(dedupeDocument.in, dedupeDocument.id));
  return mark?.fingerprint;
}

/**
 * Sends what this attempt committed, or what it met of another one that did not get so far, and wakes whoever
 * waited for it in its lane.
 */
export async function relayPerformed(
  { ledgerId, nowMs, origin }: Attempt,
  performed: Performed,
): Promise<void> {
  if (performed.kind === "committed" && performed.state === "pending") {
    await relay(ledgerId, { follow_ups: performed.followUps });
  }
  if (performed.kind === "met" && performed.entry?.state === "pending")
    await relay(ledgerId, performed.entry);
  // A drain looks at the lane again by itself; should it die, its task comes again.
  if ("drain" in performed && performed.drain && origin.kind !== "drain") {
    await postDrain(performed.drain, nowMs);
  }
}
