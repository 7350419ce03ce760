import type { Transaction } from "../../google/firestore.ts";
import { collection, documentRef } from "../../google/firestore.ts";
import { hashOf } from "../../values/ids.ts";

/**
 * What a person did to what the machinery had set aside: one document for each thing touched, written with the
 * change or, where a task makes the change, before that task is posted. Only ever added to, kept for good.
 */
export interface AuditRecord {
  /** What all records of one command share. */
  act: string;
  did: "release" | "drain" | "drop" | "resend" | "drop effect" | "replay" | "rebuild" | "switch" | "abandon";
  who: string;
  /** What that person gave as the reason. */
  reason?: string;
  at_ms: number;
  /** The ledger entry, lane, effect or replay it was done to. */
  target: string;
  reaction: string;
  event_id?: string;
  event_type?: string;
  subject?: string;
  /** What it was before. */
  from?: { state: string; n?: number };
  /** Which events a replay was asked for. */
  selection?: Readonly<Record<string, string>>;
}

export const audit = collection<AuditRecord>("audit");

/** One command of a person, whatever it touches. */
export interface Act {
  id: string;
  who: string;
  reason?: string;
  nowMs: number;
}

/** What came of an act on one thing: done, or not, and why in words for whoever asked. */
export type Outcome = { done: true; what: string } | { done: false; why: string };

/** Whether this act is on record for this target. A transaction may run again after a commit that went through. */
export async function isOnRecord(transaction: Transaction, act: Act, target: string): Promise<boolean> {
  return (await transaction.get(recordRef(act, target))).exists;
}

/** Puts an act on record; created, so that no record is ever overwritten. */
export function putOnRecord(
  transaction: Transaction,
  act: Act,
  what: Omit<AuditRecord, "act" | "who" | "reason" | "at_ms">,
): void {
  const { id, who, reason, nowMs } = act;
  const record: AuditRecord = {
    act: id,
    who,
    ...(reason === undefined ? {} : { reason }),
    at_ms: nowMs,
    ...what,
  };
  transaction.create(recordRef(act, what.target), record);
}

function recordRef(act: Act, target: string) {
  return documentRef(audit, hashOf(act.id, target));
}
