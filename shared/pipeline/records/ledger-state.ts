/**
 * The states of a ledger entry and their moves. Pure: the pipeline asks these functions before it writes, and the model
 * explores the same functions (`npm run model`).
 * ```
 *   state     meaning                               may become
 *   (absent)  no attempt has finished               pending done skipped deferred queued parked
 *   pending   committed, follow-ups are unsent      done
 *   deferred  failed, with an automatic retry       pending done skipped deferred queued parked
 *   queued    waits in its lane behind another      pending done skipped deferred parked dropped
 *   parked    quarantined for an operator           pending done skipped queued parked dropped
 *   done, skipped, dropped                          final: the entry expires
 * ```
 * Only an operator releases a parked entry: `n` fences every automatic release. When that release fails, the entry is
 * parked again, so that it stays in the operator's list.
 */
export type LedgerState = "pending" | "done" | "skipped" | "deferred" | "queued" | "parked" | "dropped";

const committed = ["pending", "done", "skipped"] as const;
const failed = ["deferred", "parked"] as const;

export const ledgerMoves: Readonly<Record<LedgerState | "absent", readonly LedgerState[]>> = {
  absent: [...committed, ...failed, "queued"],
  pending: ["done"],
  deferred: [...committed, ...failed, "queued"],
  queued: [...committed, ...failed, "dropped"],
  parked: [...committed, "queued", "parked", "dropped"],
  done: [],
  skipped: [],
  dropped: [],
};

/** The part of an entry that decides which attempt may move it. */
export interface EntryStatus {
  state: LedgerState;
  /** Number of failures. Never decreases: a release that was posted for an earlier failure comes too late. */
  n: number;
}

/** The start of an attempt, and therefore the only status that the attempt may change. */
export type Origin =
  /** A Pub/Sub message: no attempt at this event has finished. */
  | { kind: "delivery" }
  /** A release, automatic or by an operator, posted for the n-th failure. */
  | { kind: "release"; n: number }
  /** A drain of the lane: this event is at its head. */
  | { kind: "drain"; n: number };

export const DELIVERY: Origin = { kind: "delivery" };

/** Tells whether the entry still has the status that the attempt started from. Any other status belongs to another attempt. */
export function startsFrom(origin: Origin, entry: EntryStatus | undefined): boolean {
  if (origin.kind === "delivery") return entry === undefined;
  if (entry?.n !== origin.n) return false;
  return origin.kind === "drain" ? entry.state === "queued" : isFailed(entry);
}

function isFailed({ state }: EntryStatus): boolean {
  return state === "deferred" || state === "parked";
}

/** The place of an attempt in its lane: no lane, an empty lane, the head, or behind the head. */
export type LaneStatus = "none" | "empty" | "head" | "behind";

/**
 * Decides what an attempt may do, inside the transaction that has read its entry.
 * @returns `run` the work, `queue` the event in its lane, or `stop` because another attempt got further
 */
export function admit(
  origin: Origin,
  entry: EntryStatus | undefined,
  lane: LaneStatus,
): "run" | "queue" | "stop" {
  if (!startsFrom(origin, entry)) return "stop";
  if (lane === "none" || lane === "empty" || lane === "head") return "run";
  return origin.kind === "drain" ? "stop" : "queue";
}

/** Tells whether an operator may drop the entry. Entries with an automatic retry and final ones stay. */
export function isDroppable({ state }: EntryStatus): boolean {
  return ledgerMoves[state].includes("dropped");
}

/** @throws Error when the table does not hold the move: a bug in the pipeline, and nothing is written */
export function checkMove(from: EntryStatus | undefined, to: LedgerState): void {
  const state = from?.state ?? "absent";
  if (!ledgerMoves[state].includes(to))
    throw new Error(`ledger entry move is invalid: expected one of the table, got ${state} to ${to}`);
}
