/**
 * How a ledger entry may move. Pure: the machinery asks here before it writes, and the model explores the same
 * functions (`npm run model`).
 *
 *   state     what it means                         may become
 *   (absent)  nobody has finished this              pending done skipped deferred queued parked
 *   pending   committed, follow-ups are to be sent  done
 *   deferred  failed, is tried again by itself      pending done skipped deferred queued parked
 *   queued    waits in its lane behind another      pending done skipped deferred parked dropped
 *   parked    failed for good, waits for a person   pending done skipped deferred queued parked dropped
 *   done, skipped, dropped                          final: they expire
 */
export type LedgerState = "pending" | "done" | "skipped" | "deferred" | "queued" | "parked" | "dropped";

const committed = ["pending", "done", "skipped"] as const;
const failed = ["deferred", "parked"] as const;

export const ledgerMoves: Readonly<Record<LedgerState | "absent", readonly LedgerState[]>> = {
  absent: [...committed, ...failed, "queued"],
  pending: ["done"],
  deferred: [...committed, ...failed, "queued"],
  queued: [...committed, ...failed, "dropped"],
  parked: [...committed, ...failed, "queued", "dropped"],
  done: [],
  skipped: [],
  dropped: [],
};

/** The part of an entry that decides who may move it. */
export interface Standing {
  state: LedgerState;
  /** Counts failures and only grows: what was posted for an earlier one comes too late. */
  n: number;
}

/** What an attempt started from, and therefore the only standing it may change. */
export type Origin =
  /** A message: nobody has finished this event. */
  | { kind: "delivery" }
  /** A release, automatic or a person's, posted for the n-th failure. */
  | { kind: "release"; n: number }
  /** The head of a lane, taken when those before it had gone. */
  | { kind: "drain"; n: number };

export const DELIVERY: Origin = { kind: "delivery" };

/** Whether the entry still stands where the attempt started. Everything else is somebody else's by now. */
export function startsFrom(origin: Origin, entry: Standing | undefined): boolean {
  if (origin.kind === "delivery") return entry === undefined;
  if (entry?.n !== origin.n) return false;
  return origin.kind === "drain" ? entry.state === "queued" : isFailed(entry);
}

function isFailed({ state }: Standing): boolean {
  return state === "deferred" || state === "parked";
}

/** Where the lane of an attempt stands: it has none, nobody waits in it, it is first itself, or another one is. */
export type LaneStatus = "none" | "empty" | "head" | "behind";

/**
 * What an attempt may do with the standing it found, in the transaction that has read it: run the work, wait in
 * the lane, or leave everything as it is because it came too late.
 */
export function admit(
  origin: Origin,
  entry: Standing | undefined,
  lane: LaneStatus,
): "run" | "queue" | "met" {
  if (!startsFrom(origin, entry)) return "met";
  if (lane === "none" || lane === "empty" || lane === "head") return "run";
  return origin.kind === "drain" ? "met" : "queue";
}

/** How often an event was tried since it came, or since a person released it. */
export function triesBefore(entry: (Standing & { step: number }) | undefined): number {
  return entry === undefined || entry.state === "parked" ? 0 : entry.step;
}

/** Whether a person may give it up. What runs by itself or is over may not be dropped. */
export function isDroppable({ state }: Standing): boolean {
  return ledgerMoves[state].includes("dropped");
}

/** @throws Error when the table does not hold the move: a mistake in the machinery, and nothing is written. */
export function checkMove(from: Standing | undefined, to: LedgerState): void {
  const state = from?.state ?? "absent";
  if (!ledgerMoves[state].includes(to)) throw new Error(`A ledger entry cannot become ${to} from ${state}`);
}
