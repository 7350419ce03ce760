import type { Timestamp, Transaction } from "../../google/firestore.ts";
import { collection, documentRef, inTransaction, readDocument, timestamp } from "../../google/firestore.ts";
import { DAY_MS, MINUTE_MS } from "../../values/durations.ts";
import { hashOf } from "../../values/ids.ts";
import { generationOf, ledgerIdIn } from "./generation.ts";
import type { Cause, LedgerEntry } from "./ledger-entry.ts";

export const ledger = collection<LedgerEntry>("ledger");

/**
 * Retention of a final entry, in milliseconds: as long as its event can be delivered again. Message retention (7 days) +
 * dead-letter retention (31 days) + the longest deferral (under a day) + a week to spare.
 */
export const LEDGER_RETENTION_MS = (7 + 31 + 1 + 7) * DAY_MS;

/** Delay after which a pending or deferred entry is overdue and the sweep takes over, in milliseconds. */
export const SWEEP_GRACE_MS = MINUTE_MS;

/** Returns the id of an entry. Hashed: event ids grow with time, and neighbouring ids slow Firestore down. */
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
 * Returns the text under which the day close counts an entry.
 * @returns undefined for entries that the day close does not expect: commands, timers, and events applied again
 */
export function countedAs(id: string, { day, event_type }: Pick<Cause, "day" | "event_type">) {
  const [by, ...rest] = id.split("~");
  if (day === undefined || rest.some(part => part.startsWith("r") && part.length > 32)) return undefined;
  return countKey({ by: ledgerIdIn(generationOf(id), by ?? ""), day, event_type });
}

/** Returns the text that all entries of one reaction (in a generation), day and type share. */
export function countKey({ by, day, event_type }: { by: string; day: string; event_type: string }): string {
  return `${day} ${by} ${event_type}`;
}

/** Returns the fields that every new entry has. */
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

/** Returns the field that lets Firestore delete a final entry after its retention. */
export function expiry(nowMs: number): { expires_at: Timestamp } {
  return { expires_at: timestamp(nowMs + LEDGER_RETENTION_MS) };
}

/** Makes an entry done after all its follow-ups were sent. Changes pending entries only. */
export async function markDone(id: string, nowMs: number): Promise<void> {
  await inTransaction(async transaction => {
    const entry = await readEntry(id, transaction);
    if (entry?.state !== "pending") return;
    const { follow_ups: _sent, due_at_ms: _past, event: _handled, ...rest } = entry;
    transaction.set(ledgerRef(id), {
      ...rest,
      state: "done",
      changed_at_ms: nowMs,
      ...expiry(nowMs),
    });
  });
}
