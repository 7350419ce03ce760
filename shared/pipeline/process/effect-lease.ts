import type { Transaction } from "../../google/firestore.ts";
import { documentRef } from "../../google/firestore.ts";
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

/** Longer than any send may take, so that no two hold it. */
export const LEASE_MS = 2 * 60_000;

export interface EffectKind<Data> {
  read(data: unknown): Data;
  rules: EffectRules<Data>;
}

/** What came of asking for an effect's lease. */
export type Taken<Data> =
  | { kind: "leased"; record: EffectRecord; data: Data }
  /** Nothing is to be done now; of a planned one, not before its time. */
  | { kind: "settled"; record: EffectRecord; outcome: EffectState | "duplicate" | "held" };

/**
 * Decides and takes the lease, in one transaction.
 * @throws what the rules' decision threw; PermanentError when the effect was planned with data it cannot read
 */
export async function takeLease<Data>(
  transaction: Transaction,
  { id, record, nowMs }: { id: string; record: EffectRecord; nowMs: number },
  { read, rules }: EffectKind<Data>,
): Promise<Taken<Data>> {
  const settle = (state: EffectState, fields: Partial<EffectRecord>): Taken<Data> => ({
    kind: "settled",
    outcome: state,
    record: writeEffect(transaction, id, { before: record, state, fields, nowMs }),
  });
  if (record.state !== "planned" && record.state !== "sending") {
    return { kind: "settled", record, outcome: "duplicate" };
  }
  const data = read(JSON.parse(record.data));
  const may = admitEffect(record, { nowMs, repeatable: rules.repeatable(data) });
  if (may === "held" || may === "over") {
    return { kind: "settled", record, outcome: may === "held" ? "held" : "duplicate" };
  }
  const wasLost = record.state === "sending";
  const lost = record.lost + Number(wasLost);
  if (may === "give-up") return settle("unknown", { lost, reason: "whoever was doing it did not come back" });
  const open = openWork(transaction, record.effect, { cause: record.cause, nowMs });
  const decision = await rules.decide(data, open.work);
  if (isSkip(decision)) {
    // A former holder may have done it before it was unwanted.
    if (lost > 0) return settle("unknown", { lost, reason: `not tried again: ${decision.skip}` });
    return settle("skipped", { reason: decision.skip });
  }
  if (decision) {
    return settle("planned", { lost, due_at_ms: decision.laterMs, arming: record.arming + 1 });
  }
  open.apply(transaction);
  const until = nowMs + LEASE_MS;
  const lease = { lease: record.lease + 1, lease_until_ms: until, due_at_ms: until, lost };
  const fields = { ...lease, arming: record.arming + 1 };
  const leased = writeEffect(transaction, id, { before: record, state: "sending", fields, nowMs });
  return { kind: "leased", record: leased, data };
}

/** What the holder of a lease came back with. */
export interface Returned {
  heldLease: number;
  report: Report;
  reason: string;
  repeatable: boolean;
}

/** Records what the holder of a lease says; undefined when it comes too late to change anything. */
export function writeReport(
  transaction: Transaction,
  { id, record, nowMs }: { id: string; record: EffectRecord; nowMs: number },
  returned: Returned,
): EffectRecord | undefined {
  const state = reported(record, returned);
  if (state === undefined) return undefined;
  const write = (to: EffectState, fields: Partial<EffectRecord>) =>
    writeEffect(transaction, id, { before: record, state: to, fields, nowMs });
  if (state === "sent") return write("sent", { sent_at_ms: nowMs });
  const { report, reason } = returned;
  const lost = record.lost + Number(report === "unclear");
  const waitMs = waitAfter(record.step);
  if (state !== "planned" || waitMs === undefined) {
    return write(state === "planned" ? withoutMoreTries({ lost }) : state, { reason, lost });
  }
  const again = { due_at_ms: nowMs + waitMs, arming: record.arming + 1, step: record.step + 1 };
  return write("planned", { ...again, reason, lost });
}

/** @throws Error for a move the table of states does not hold */
export function writeEffect(
  transaction: Transaction,
  id: string,
  change: { before: EffectRecord; state: EffectState; fields: Partial<EffectRecord>; nowMs: number },
): EffectRecord {
  const { before, state, fields, nowMs } = change;
  checkEffectMove(before.state, state);
  const isFinal = state === "sent" || state === "skipped";
  const after = { ...before, ...fields, state, changed_at_ms: nowMs, ...(isFinal ? expiry(nowMs) : {}) };
  transaction.set(documentRef(effects, id), after);
  return after;
}

export interface EffectRules<Data> {
  /**
   * Whether it may be done now. Asked again before every try, so what it writes must bear repeating.
   * @returns a skip, a later time, or nothing: then it is done
   */
  decide(data: Data, documents: Documents): Promise<Skip | { laterMs: number } | void>;
  /**
   * Does it. `id` is the same in every try: whatever the world can tell a repetition by should carry it.
   * @throws NotSent when it certainly was not done and may be tried again, PermanentError when it never can be; after
   * anything else nobody knows
   */
  send(data: Data, about: { id: string; signal: AbortSignal }): Promise<void>;
  /** Whether the world may see it twice under one id: then a try that nobody came back from is followed by one more. */
  repeatable(data: Data): boolean;
  /** What of the data is about a person: it is never repeated in a reason or a log line. */
  personal(data: Data): readonly string[];
}
