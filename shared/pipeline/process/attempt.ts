import type { Collection, Transaction } from "../../google/firestore.ts";
import { documentRef } from "../../google/firestore.ts";
import type { Drain } from "../outbox/post-drain.ts";
import type { Lane, LaneTicket } from "../records/lane.ts";
import { isFull, join, leave, standingIn } from "../records/lane.ts";
import { readLane, writeLane } from "../records/lane-store.ts";
import { countedAs, expiry, ledgerRef, newEntry, readEntry } from "../records/ledger.ts";
import type { Cause, LedgerEntry } from "../records/ledger-entry.ts";
import type { LedgerState, Origin } from "../records/ledger-state.ts";
import { admit, checkMove } from "../records/ledger-state.ts";

/** One attempt at a unit of work. */
export interface Attempt {
  ledgerId: string;
  by: string;
  cause: Cause;
  nowMs: number;
  origin: Origin;
  /**
   * A document the handler creates that is itself the mark, so that no ledger entry is needed while all goes
   * well. It must hold the cause's `fingerprint`.
   */
  dedupeDocument?: DedupeDocument;
  /** The event as JSON: what fails or waits keeps it for its next try. Only events wait. */
  event?: () => string;
  /** What the event says about a person: it is never repeated in a reason or a log line. */
  personal?: () => readonly string[];
  /** Where it waits when another of its key failed before it. */
  lane?: LaneTicket;
}

export interface DedupeDocument {
  in: Collection<{ fingerprint: string }>;
  id: string;
}

/** What an attempt found, inside the transaction that may change it. */
export interface Found {
  before: LedgerEntry | undefined;
  lane: Lane | undefined;
  may: ReturnType<typeof admit>;
}

/**
 * Reads where the attempt stands. A delivery that will create its entry need not read it: the create fails where
 * there is one, and that saves every event a round trip.
 */
export async function look(
  transaction: Transaction,
  attempt: Attempt,
  { willCreate }: { willCreate: boolean },
): Promise<Found> {
  const { ledgerId, origin } = attempt;
  const before = willCreate ? undefined : await readMark(transaction, attempt);
  const lane = attempt.lane && (await readLane(attempt.lane.id, transaction));
  return { before, lane, may: admit(origin, before, attempt.lane ? standingIn(lane, ledgerId) : "none") };
}

/** The entry; where the work left none because its own document is the mark, one that says so. */
async function readMark(
  transaction: Transaction,
  { ledgerId, dedupeDocument, by, cause, nowMs }: Attempt,
): Promise<LedgerEntry | undefined> {
  const entry = await readEntry(ledgerId, transaction);
  if (entry || !dedupeDocument) return entry;
  const mark = await transaction.get(documentRef(dedupeDocument.in, dedupeDocument.id));
  if (!mark.exists) return undefined;
  const fingerprint = String(mark.get("fingerprint"));
  return { ...newEntry(by, { ...cause, fingerprint }, nowMs), state: "done" };
}

/** An accepted event is 256 KiB and what ingest adds; a whole ledger entry may have 1 MiB. */
const MAX_KEPT_BYTES = 512 * 1024;
const TOO_LARGE = "the event itself is too large to keep";
const LANE_FULL = "too many events of its key wait before it";

/** The event to be kept with the entry; undefined when it is too large, and then nobody can try it again. */
export function keptEvent({ event }: Attempt): string | undefined {
  const json = event?.();
  return json !== undefined && Buffer.byteLength(json) <= MAX_KEPT_BYTES ? json : undefined;
}

export interface SetAside {
  kind: "set-aside";
  state: "queued" | "parked";
  reason?: string;
  drain?: Drain;
}

/** Puts an event into its lane, behind those that were published before it. */
export function queueUp(transaction: Transaction, attempt: Attempt, found: Found): SetAside {
  const event = keptEvent(attempt);
  if (event === undefined || isFull(found.lane)) {
    const reason = event === undefined ? TOO_LARGE : LANE_FULL;
    writeUnfinished(transaction, attempt, { found, state: "parked", reason });
    return { kind: "set-aside", state: "parked", reason };
  }
  writeUnfinished(transaction, attempt, { found, state: "queued" });
  const drain = drainAfter(attempt, found.lane, found.before?.n ?? 0);
  return { kind: "set-aside", state: "queued", ...(drain && { drain }) };
}

/** Leaves everything as it is; who waits behind what is over is woken, should nobody have lived to do it. */
export function met(attempt: Attempt, { before, lane }: Found) {
  const drain = drainAfter(attempt, lane, before?.n ?? 0);
  return { kind: "met" as const, entry: before, ...(drain && { drain }) };
}

/** Writes an entry that is not final, and its place in its lane. `n` is raised by a failure only. */
export function writeUnfinished(
  transaction: Transaction,
  attempt: Attempt,
  ending: {
    found: Found;
    state: "queued" | "deferred" | "parked";
    fields?: Partial<LedgerEntry>;
    reason?: string;
  },
): void {
  const { found, state, fields = {}, reason } = ending;
  const event = keptEvent(attempt);
  writeEntry(transaction, attempt, {
    found,
    state,
    fields: {
      ...fields,
      ...(event !== undefined && { event }),
      ...(attempt.lane && { lane: attempt.lane }),
      ...(reason !== undefined && { reason: event === undefined ? `${reason} (${TOO_LARGE})` : reason }),
    },
  });
  // What the lane has no room for waits outside it, for a person.
  if (!attempt.lane || (isFull(found.lane) && state === "parked" && found.may === "queue")) return;
  const place = { ledgerId: attempt.ledgerId, isQueued: state === "queued", nowMs: attempt.nowMs };
  writeLane(attempt.lane.id, join(found.lane, attempt.lane, place), transaction);
}

/** Writes an entry whose work is committed, and takes it out of its lane. Answers who is to be woken by that. */
export function writeFinished(
  transaction: Transaction,
  attempt: Attempt,
  ending: { found: Found; state: "pending" | "done" | "skipped"; fields?: Partial<LedgerEntry> },
): Drain | undefined {
  const { found, state, fields = {} } = ending;
  const drain = leaveLane(transaction, attempt, found);
  const needsEntry = !(attempt.dedupeDocument && state === "done" && !found.before);
  // Should this process die now, whoever comes again must know whom to wake.
  const withLane = drain && attempt.lane ? { ...fields, lane: attempt.lane } : fields;
  if (needsEntry) writeEntry(transaction, attempt, { found, state, fields: withLane });
  return drain;
}

/** Takes an event out of its lane. Answers who is to be woken by that. */
export function leaveLane(
  transaction: Transaction,
  attempt: Pick<Attempt, "ledgerId" | "lane" | "nowMs">,
  { lane, before }: Pick<Found, "lane" | "before">,
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
  { found, state, fields }: { found: Found; state: LedgerState; fields: Partial<LedgerEntry> },
): void {
  const { before } = found;
  checkMove(before, state);
  const { n = 0, step = 0, created_at_ms = nowMs } = before ?? {};
  const counted_as = countedAs(ledgerId, cause);
  const entry: LedgerEntry = {
    ...newEntry(by, cause, nowMs),
    ...(counted_as !== undefined && { counted_as }),
    n,
    step,
    created_at_ms,
    state,
    ...fields,
    ...(state === "done" || state === "skipped" ? expiry(nowMs) : {}),
  };
  // Created, not set: whoever else handles the same delivery at this moment must not be overwritten unseen.
  if (origin.kind === "delivery" && before === undefined) transaction.create(ledgerRef(ledgerId), entry);
  else transaction.set(ledgerRef(ledgerId), entry);
}
