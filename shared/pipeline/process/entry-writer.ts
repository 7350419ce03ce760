import type { Transaction } from "../../google/firestore.ts";
import type { Drain } from "../outbox/post-drain.ts";
import type { Lane } from "../records/lane.ts";
import { isFull, join, leave } from "../records/lane.ts";
import { writeLane } from "../records/lane-store.ts";
import { countedAs, expiry, ledgerRef, newEntry } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";
import type { LedgerState } from "../records/ledger-state.ts";
import { checkMove } from "../records/ledger-state.ts";
import type { Admission } from "./admission.ts";
import type { Attempt } from "./attempt.ts";
import type { Existing, SetAside } from "./commit-result.ts";
import { stepOf } from "./retry-policy.ts";

/** Max size of a kept event. An accepted event has 256 KiB and ingest's own fields; a Firestore document has 1 MiB. */
const MAX_KEPT_BYTES = 512 * 1024;
const TOO_LARGE = "the event is too large to keep";
const LANE_FULL = "the lane is full: too many events of the same key wait";

/**
 * Returns the event that its ledger entry keeps.
 * @returns undefined when the attempt has no event or the event is too large; then no retry is possible
 */
export function keptEvent({ event }: Attempt): string | undefined {
  const json = event?.();
  return json !== undefined && Buffer.byteLength(json) <= MAX_KEPT_BYTES ? json : undefined;
}

/** Changes nothing. If the lane's head is queued, returns a drain, in case an earlier process crashed before posting it. */
export function leaveUnchanged(attempt: Attempt, { before, lane }: Admission): Existing {
  return { kind: "existing", entry: before, drain: drainAfter(attempt, lane, before?.n ?? 0) };
}

/** Puts an event into its lane, behind the events that were published before it. */
export function queueUp(transaction: Transaction, attempt: Attempt, admission: Admission): SetAside {
  const event = keptEvent(attempt);
  if (event === undefined || isFull(admission.lane)) {
    const reason = event === undefined ? TOO_LARGE : LANE_FULL;
    writeUnfinished(transaction, attempt, { admission, state: "parked", reason });
    return { kind: "set-aside", state: "parked", reason };
  }
  const fields = { step: stepOf(admission.before) };
  writeUnfinished(transaction, attempt, { admission, state: "queued", fields });
  return {
    kind: "set-aside",
    state: "queued",
    drain: drainAfter(attempt, admission.lane, admission.before?.n ?? 0),
  };
}

/** Writes an entry that is not final, and its place in its lane. Only a failure raises `n`. */
export function writeUnfinished(
  transaction: Transaction,
  attempt: Attempt,
  change: {
    admission: Admission;
    state: "queued" | "deferred" | "parked";
    fields?: Partial<LedgerEntry>;
    reason?: string;
  },
): void {
  const { admission, state, fields = {}, reason } = change;
  const event = keptEvent(attempt);
  const why = reason !== undefined && event === undefined ? `${reason} (${TOO_LARGE})` : reason;
  writeEntry(transaction, attempt, {
    admission,
    state,
    fields: { ...fields, event, lane: attempt.lane, reason: why },
  });
  // An event that finds its lane full waits outside the lane, for an operator.
  if (!attempt.lane || (isFull(admission.lane) && state === "parked" && admission.may === "queue")) return;
  const place = { ledgerId: attempt.ledgerId, isQueued: state === "queued", nowMs: attempt.nowMs };
  writeLane(attempt.lane.id, join(admission.lane, attempt.lane, place), transaction);
}

/**
 * Writes an entry whose work is committed, and removes the event from its lane.
 * @returns the drain to post, when the next event of the lane is queued
 */
export function writeFinished(
  transaction: Transaction,
  attempt: Attempt,
  change: { admission: Admission; state: "pending" | "done" | "skipped"; fields?: Partial<LedgerEntry> },
): Drain | undefined {
  const { admission, state, fields = {} } = change;
  const drain = leaveLane(transaction, attempt, admission);
  const needsEntry = !(attempt.dedupeDocument && state === "done" && !admission.before);
  // A redelivery after a crash finds the lane here and posts the drain again.
  const withLane = drain && attempt.lane ? { ...fields, lane: attempt.lane } : fields;
  if (needsEntry) writeEntry(transaction, attempt, { admission, state, fields: withLane });
  return drain;
}

/**
 * Removes an event from its lane.
 * @returns the drain to post, when the next event of the lane is queued
 */
export function leaveLane(
  transaction: Transaction,
  attempt: Pick<Attempt, "ledgerId" | "lane" | "nowMs">,
  { lane, before }: Pick<Admission, "lane" | "before">,
): Drain | undefined {
  if (!lane || !attempt.lane) return undefined;
  const rest = leave(lane, attempt.ledgerId, attempt.nowMs);
  writeLane(attempt.lane.id, rest, transaction);
  return drainAfter(attempt, rest, before?.n ?? 0);
}

function drainAfter(
  { ledgerId, lane: ticket }: Pick<Attempt, "ledgerId" | "lane">,
  lane: Lane | undefined,
  n: number,
): Drain | undefined {
  if (!ticket || !lane?.head_is_queued) return undefined;
  return { laneId: ticket.id, reaction: ticket.reaction, left: ledgerId, n };
}

function writeEntry(
  transaction: Transaction,
  { ledgerId, by, cause, nowMs, origin }: Attempt,
  { admission, state, fields }: { admission: Admission; state: LedgerState; fields: Partial<LedgerEntry> },
): void {
  const { before } = admission;
  checkMove(before, state);
  const { n = 0, step = 0, created_at_ms = nowMs } = before ?? {};
  const entry: LedgerEntry = {
    ...newEntry(by, cause, nowMs),
    counted_as: countedAs(ledgerId, cause),
    n,
    step,
    created_at_ms,
    state,
    ...fields,
    ...(state === "done" || state === "skipped" ? expiry(nowMs) : {}),
  };
  // `create`, not `set`: another process may handle the same delivery now, and its entry must not be overwritten.
  if (origin.kind === "delivery" && before === undefined) transaction.create(ledgerRef(ledgerId), entry);
  else transaction.set(ledgerRef(ledgerId), entry);
}
