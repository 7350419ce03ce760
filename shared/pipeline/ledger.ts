import type { Timestamp, Transaction } from "../google/firestore.ts";
import { collection, documentRef, inTransaction, timestamp } from "../google/firestore.ts";
import type { FollowUp } from "./follow-up.ts";
import { hashOf } from "./ids.ts";

/**
 * One document per (reaction, event), per command and per timer: the mark that it was done, how it ended, and
 * what is still to be sent. It is written in the same commit as the state it speaks of.
 *
 *   state     what it means                         may become
 *   (absent)  nobody has finished this              pending done skipped deferred parked
 *   pending   committed, follow-ups are to be sent  done
 *   deferred  failed, is tried again by itself      pending done skipped deferred parked
 *   queued    waits in its lane behind another      pending done skipped deferred parked dropped
 *   parked    failed for good, waits for a person   pending done skipped parked dropped
 *   done, skipped, dropped                          final: expire
 *
 * Every change is a transaction that reads the entry first; a failure may change it only from the exact state
 * its own attempt started from. `n` counts failures, only grows, and fences releases.
 */
export interface LedgerEntry {
  state: LedgerState;
  /** The reaction, command or timer whose work this is. */
  by: string;
  cause: Cause;
  n: number;
  /** Position on the ladder of waiting times; unlike `n` a person's release may start it again. */
  step: number;
  /** Why it was skipped, deferred, parked or dropped. */
  reason?: string;
  /** The event as JSON, kept while the entry is not final. */
  event?: string;
  follow_ups?: FollowUp[];
  /** What a command is answered with, so that a repeated request gets the same answer. */
  answer?: string;
  /** What the entry's events are about, for relaying older entries of the same thing first. */
  aggregate?: string;
  /** When the sweep takes over what its own worker should have moved by then. */
  due_at_ms?: number;
  created_at_ms: number;
  changed_at_ms: number;
  expires_at?: Timestamp;
}

export type LedgerState = "pending" | "done" | "skipped" | "deferred" | "queued" | "parked" | "dropped";

/** What a unit of work is the consequence of. */
export interface Cause {
  /** Whoever vouches for the id: an event's producer, a command's or timer's own name. */
  producer: string;
  id: string;
  event_type: string;
  subject: string;
  fingerprint: string;
  correlation_id: string;
  traceparent?: string;
}

export const ledger = collection<LedgerEntry>("ledger");

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * How long a final entry must be remembered: as long as its event can still come again. Message retention
 * (7 days) + dead-letter retention (31) + the longest deferral (under a day) + a week to spare.
 */
export const LEDGER_RETENTION_MS = (7 + 31 + 1 + 7) * DAY_MS;

/** A pending or deferred entry this much overdue is the sweep's: whoever should have moved it is gone. */
export const SWEEP_GRACE_MS = 60_000;

/** The entry's id. Hashed, because event ids grow with time and neighbouring ids slow Firestore down. */
export function ledgerId(by: string, cause: Pick<Cause, "producer" | "id">): string {
  return `${by}~${hashOf(cause.producer, cause.id)}`;
}

export function ledgerRef(id: string) {
  return documentRef(ledger, id);
}

export async function readEntry(id: string, transaction?: Transaction): Promise<LedgerEntry | undefined> {
  const snapshot = await (transaction ? transaction.get(ledgerRef(id)) : ledgerRef(id).get());
  return snapshot.data() as LedgerEntry | undefined;
}

/** What every entry starts with. */
export function newEntry(by: string, cause: Cause, nowMs: number) {
  return {
    by,
    cause,
    n: 0,
    step: 0,
    created_at_ms: nowMs,
    changed_at_ms: nowMs,
  };
}

/** The part of an entry that says it is final, and that the rest need not be kept. */
export function expiry(nowMs: number): { expires_at: Timestamp } {
  return { expires_at: timestamp(nowMs + LEDGER_RETENTION_MS) };
}

/** Marks an entry whose follow-ups were all sent. Only pending becomes done this way. */
export async function markDone(id: string, nowMs: number): Promise<void> {
  await inTransaction(async transaction => {
    const entry = await readEntry(id, transaction);
    if (entry?.state !== "pending") return;
    const { follow_ups: _sent, due_at_ms: _past, event: _settled, ...rest } = entry;
    transaction.set(ledgerRef(id), {
      ...rest,
      state: "done",
      changed_at_ms: nowMs,
      ...expiry(nowMs),
    });
  });
}
