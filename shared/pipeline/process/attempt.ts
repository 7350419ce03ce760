import type { Collection } from "../../google/firestore.ts";
import type { LaneTicket } from "../records/lane.ts";
import type { Cause } from "../records/ledger-entry.ts";
import type { Origin } from "../records/ledger-state.ts";

/** One attempt at a unit of work. */
export interface Attempt {
  ledgerId: string;
  /** The reaction, command or timer that owns the work. */
  by: string;
  cause: Cause;
  /** Time at which the attempt started, in milliseconds. */
  nowMs: number;
  origin: Origin;
  /**
   * Document that the handler creates and that serves as the idempotency record. A successful attempt then needs no
   * ledger entry. The document must hold the cause's `fingerprint`.
   */
  dedupeDocument?: DedupeDocument;
  /** Returns the event as JSON, kept for the next try. Absent for commands, timers and schedules: they never wait. */
  event?: () => string;
  /** Returns the personal texts of the event: reasons and log lines never repeat them. */
  personal?: () => readonly string[];
  /** Place in the lane, behind earlier events of the same key. Absent for unordered reactions. */
  lane?: LaneTicket;
}

export interface DedupeDocument {
  in: Collection<{ fingerprint: string }>;
  id: string;
}
