import type { Transaction } from "../../google/firestore.ts";
import { documentRef } from "../../google/firestore.ts";
import { MINUTE_MS } from "../../values/durations.ts";
import type { EffectRecord } from "../records/effect-record.ts";
import { effects } from "../records/effect-record.ts";
import type { EffectState, Report } from "../records/effect-state.ts";
import { admitEffect, checkEffectMove, reported, withoutMoreTries } from "../records/effect-state.ts";
import { expiry } from "../records/ledger.ts";
import type { Skip } from "../skip.ts";
import { isSkip } from "../skip.ts";
import type { Documents } from "../work.ts";
import { waitAfter } from "./retry-policy.ts";
import { openWork } from "./unit-of-work.ts";

/** Duration of a lease, in milliseconds. Longer than any send, so that a lease has one holder. */
export const LEASE_MS = 2 * MINUTE_MS;

/** The decision to wait. */
export interface Later {
  /** Time of the next decision, in milliseconds. */
  laterMs: number;
  /** Reason in words, for the log and the effect record. */
  reason: string;
}

export interface EffectRules<Data> {
  /**
   * Decides whether the effect may happen now. Runs again before every try, so its writes must be idempotent.
   * @returns a skip, a later time, or nothing: then the effect is sent
   */
  decide(data: Data, documents: Documents): Promise<Skip | Later | void>;
  /**
   * Sends the effect. `id` is the same in every try: external systems can recognise a repetition by it.
   * @throws NotSent when the effect certainly did not happen and may be retried; PermanentError when no retry can
   * succeed. After any other error the result is unknown.
   */
  send(data: Data, options: { id: string; signal: AbortSignal }): Promise<void>;
  /** Tells whether external systems may see the effect twice under one id. Then one lost try is followed by another. */
  repeatable(data: Data): boolean;
  /** Returns the personal texts of the data: reasons and log lines never repeat them. */
  personal(data: Data): readonly string[];
}

export interface EffectKind<Data> {
  read(data: unknown): Data;
  rules: EffectRules<Data>;
}

/** The result of asking for the lease of an effect. */
export type LeaseResult<Data> =
  | { kind: "leased"; record: EffectRecord; data: Data }
  /** Nothing to do now. `planned`: the effect is due at a later time. */
  | { kind: "not-leased"; record: EffectRecord; outcome: EffectState | "duplicate" | "held" };

/** An effect record as a transaction has read it. */
interface ReadEffect {
  id: string;
  record: EffectRecord;
  nowMs: number;
}

/**
 * Decides whether the effect may happen and takes its lease, in one transaction.
 * @throws the error of the rules' decision; PermanentError when the planned data is invalid
 */
export async function takeLease<Data>(
  transaction: Transaction,
  found: ReadEffect,
  { read, rules }: EffectKind<Data>,
): Promise<LeaseResult<Data>> {
  const { record, nowMs } = found;
  const notLeased = (state: EffectState, fields: Partial<EffectRecord>): LeaseResult<Data> => ({
    kind: "not-leased",
    outcome: state,
    record: writeEffect(transaction, found.id, { before: record, state, fields, nowMs }),
  });
  if (record.state !== "planned" && record.state !== "sending") {
    return { kind: "not-leased", record, outcome: "duplicate" };
  }
  const data = read(JSON.parse(record.data));
  const may = admitEffect(record, { nowMs, repeatable: rules.repeatable(data) });
  if (may === "held" || may === "over") {
    return { kind: "not-leased", record, outcome: may === "held" ? "held" : "duplicate" };
  }
  const lost = record.lost + Number(record.state === "sending");
  if (may === "give-up")
    return notLeased("unknown", { lost, reason: "the holder of the lease did not report a result" });
  const open = openWork(transaction, record.effect, { cause: record.cause, nowMs });
  const decision = await rules.decide(data, open.work);
  if (isSkip(decision)) {
    // An earlier holder may have sent the effect before it was unwanted.
    if (lost > 0) return notLeased("unknown", { lost, reason: `no further try: ${decision.skip}` });
    return notLeased("skipped", { reason: decision.skip });
  }
  if (decision) {
    const { laterMs, reason } = decision;
    return notLeased("planned", { lost, reason, due_at_ms: laterMs, arming: record.arming + 1 });
  }
  open.apply(transaction);
  return { kind: "leased", record: writeLease(transaction, found, lost), data };
}

function writeLease(transaction: Transaction, { id, record, nowMs }: ReadEffect, lost: number): EffectRecord {
  const until = nowMs + LEASE_MS;
  const lease = { lease: record.lease + 1, lease_until_ms: until, due_at_ms: until, lost };
  const fields = { ...lease, arming: record.arming + 1 };
  return writeEffect(transaction, id, { before: record, state: "sending", fields, nowMs });
}

/** The result that the holder of a lease reports. */
export interface LeaseReport {
  heldLease: number;
  report: Report;
  reason: string;
  repeatable: boolean;
}

/**
 * Records the result of the lease's holder.
 * @returns undefined when the report comes too late to change anything
 */
export function writeReport(
  transaction: Transaction,
  { id, record, nowMs }: ReadEffect,
  result: LeaseReport,
): EffectRecord | undefined {
  const state = reported(record, result);
  if (state === undefined) return undefined;
  const write = (to: EffectState, fields: Partial<EffectRecord>) =>
    writeEffect(transaction, id, { before: record, state: to, fields, nowMs });
  if (state === "sent") return write("sent", { sent_at_ms: nowMs });
  const { report, reason } = result;
  const lost = record.lost + Number(report === "unclear");
  const waitMs = waitAfter(record.step);
  if (state !== "planned" || waitMs === undefined) {
    return write(state === "planned" ? withoutMoreTries({ lost }) : state, { reason, lost });
  }
  const retry = { due_at_ms: nowMs + waitMs, arming: record.arming + 1, step: record.step + 1 };
  return write("planned", { ...retry, reason, lost });
}

/**
 * Writes the next state of an effect record. The reason of the state before is not kept.
 * @throws Error when the table of states does not allow the move
 */
export function writeEffect(
  transaction: Transaction,
  id: string,
  change: { before: EffectRecord; state: EffectState; fields: Partial<EffectRecord>; nowMs: number },
): EffectRecord {
  const { before, state, fields, nowMs } = change;
  const { reason: _earlier, ...kept } = before;
  checkEffectMove(before.state, state);
  const isFinal = state === "sent" || state === "skipped";
  const after = { ...kept, ...fields, state, changed_at_ms: nowMs, ...(isFinal ? expiry(nowMs) : {}) };
  transaction.set(documentRef(effects, id), after);
  return after;
}
