import type { Transaction } from "../../google/firestore.ts";
import { collection, documentRef } from "../../google/firestore.ts";
import { hashOf } from "../../values/ids.ts";

/**
 * One action of an operator on one target. The record is written with the change or, where a task makes the change,
 * before that task is posted. Records are only added, and kept permanently.
 */
export interface AuditRecord {
  /** Id of the operator's command, shared by all its records. */
  act: string;
  did: "release" | "drain" | "drop" | "resend" | "drop effect" | "replay" | "rebuild" | "switch" | "abandon";
  /** The operator. */
  who: string;
  /** The operator's reason. Absent when none was given. */
  reason?: string;
  at_ms: number;
  /** Id of the ledger entry, lane, effect or replay. */
  target: string;
  reaction: string;
  event_id?: string;
  event_type?: string;
  subject?: string;
  /** State of the target before the action. */
  from?: { state: string; n?: number };
  /** Events that a replay selects. Present for replays only. */
  selection?: Readonly<Record<string, string>>;
}

export const audit = collection<AuditRecord>("audit");

/** One command of an operator, for any number of targets. */
export interface Act {
  id: string;
  who: string;
  reason?: string;
  nowMs: number;
}

/** The result of an operator's action on one target: done, or refused with a reason in words. */
export type ActResult = { done: true; what: string } | { done: false; why: string };

/** Tells whether the action on this target is recorded: a transaction may run again after a successful commit. */
export async function isOnRecord(transaction: Transaction, act: Act, target: string): Promise<boolean> {
  return (await transaction.get(recordRef(act, target))).exists;
}

/** Records an action. Uses `create`, so that no record is ever overwritten. */
export function putOnRecord(
  transaction: Transaction,
  act: Act,
  what: Omit<AuditRecord, "act" | "who" | "reason" | "at_ms">,
): void {
  const { id, who, reason, nowMs } = act;
  const record: AuditRecord = { act: id, who, reason, at_ms: nowMs, ...what };
  transaction.create(recordRef(act, what.target), record);
}

function recordRef(act: Act, target: string) {
  return documentRef(audit, hashOf(act.id, target));
}
