import type { Timestamp, Transaction } from "../../google/firestore.ts";
import { collection, documentRef, inTransaction, readDocument, timestamp } from "../../google/firestore.ts";
import { DAY_MS } from "../../values/durations.ts";
import { hashOf } from "../../values/ids.ts";
import { generationOf, ledgerIdIn } from "./generation.ts";
import type { Cause, LedgerEntry } from "./ledger-entry.ts";

export const ledger = collection<LedgerEntry>("ledger");

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
  if (!transaction) return readDocument(ledger, id);
  const snapshot = await transaction.get(ledgerRef(id));
  return snapshot.data() as LedgerEntry | undefined;
}

/**
 * Under what the night counts an entry; undefined for one it does not expect: of a command, of a timer, or of an event
 * that somebody applied again.
 */
export function countedAs(id: string, { day, event_type }: Pick<Cause, "day" | "event_type">) {
  const [by, ...rest] = id.split("~");
  if (day === undefined || rest.some(part => part.startsWith("r") && part.length > 32)) return undefined;
  return countKey({ by: ledgerIdIn(generationOf(id), by ?? ""), day, event_type });
}

/** What all entries of one reaction (in a generation), day and type have in common. */
export function countKey({ by, day, event_type }: { by: string; day: string; event_type: string }): string {
  return `${day} ${by} ${event_type}`;
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
