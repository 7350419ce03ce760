import { clock } from "../../clock.ts";
import { NotSent, PermanentError } from "../../errors.ts";
import { inTransaction } from "../../google/firestore.ts";
import { log } from "../../log.ts";
import { MINUTE_MS } from "../../values/durations.ts";
import { armEffect } from "../outbox/post-effect.ts";
import type { EffectRecord } from "../records/effect-record.ts";
import { readEffect } from "../records/effect-record.ts";
import type { Report } from "../records/effect-state.ts";
import { withoutMoreTries } from "../records/effect-state.ts";
import type { EffectKind, LeaseResult } from "./effect-lease.ts";
import { takeLease, writeEffect, writeReport } from "./effect-lease.ts";
import type { Outcome } from "./outcome.ts";
import { logOutcome } from "./outcome.ts";
import { redactError } from "./redact-error.ts";

/** Max duration of a send, in milliseconds: half a lease. The holder has reported before another call takes the lease. */
const SEND_DEADLINE_MS = MINUTE_MS;

/** An outcome and the effect record after it. */
export interface EffectOutcome extends Outcome {
  record?: EffectRecord;
}

/**
 * Makes one try at an effect: takes the lease, sends, and records the result.
 * @throws the error of Firestore or of the effect's own decision
 */
export async function processEffect<Data>(id: string, kind: EffectKind<Data>): Promise<EffectOutcome> {
  const result = await inTransaction<LeaseResult<Data> | undefined>(async transaction => {
    const record = await readEffect(id, transaction);
    return record && takeLease(transaction, { id, record, nowMs: clock.now() }, kind);
  });
  if (!result) return { outcome: "gone" };
  if (result.kind === "leased") return sendLeased(id, kind, result);
  const { outcome, record } = result;
  if (outcome === "planned") await arm(id, record);
  return { outcome, record, reason: reasonNotLeased(result) };
}

/** Returns the reason of a call that did not send. A state that the call itself wrote has its reason in the record. */
function reasonNotLeased({ outcome, record }: { outcome: string; record: EffectRecord }): string | undefined {
  if (outcome === "held") return "another call is sending the effect";
  return outcome === "duplicate" ? `the effect is already ${record.state}` : record.reason;
}

async function sendLeased<Data>(
  id: string,
  { rules }: EffectKind<Data>,
  { record: leased, data }: { record: EffectRecord; data: Data },
): Promise<EffectOutcome> {
  const { report, error: thrown } = await reportOf(() =>
    rules.send(data, { id, signal: AbortSignal.timeout(SEND_DEADLINE_MS) }),
  );
  const error = redactError(thrown, rules.personal(data));
  const result = {
    heldLease: leased.lease,
    report,
    reason: reasonOf(error),
    repeatable: rules.repeatable(data),
  };
  const after = await inTransaction(async transaction => {
    const record = await readEffect(id, transaction);
    return record && writeReport(transaction, { id, record, nowMs: clock.now() }, result);
  });
  if (after?.state === "planned") await arm(id, after);
  return { outcome: after?.state ?? "too-late", record: after ?? leased, reason: after?.reason, error };
}

async function reportOf(send: () => Promise<void>): Promise<{ report: Report; error?: unknown }> {
  try {
    await send();
    return { report: "sent" };
  } catch (error) {
    if (error instanceof NotSent) return { report: "not-sent", error };
    return { report: error instanceof PermanentError ? "hopeless" : "unclear", error };
  }
}

/** Parks an effect whose decision fails permanently. An effect that another call is sending stays unchanged. */
export async function parkEffect(id: string, error: unknown): Promise<EffectOutcome> {
  const record = await inTransaction(async transaction => {
    const before = await readEffect(id, transaction);
    if (before?.state !== "planned") return before;
    const fields = { reason: reasonOf(error) };
    const state = withoutMoreTries(before);
    return writeEffect(transaction, id, { before, state, fields, nowMs: clock.now() });
  });
  if (!record) return { outcome: "gone", error };
  return { outcome: record.state, record, reason: record.reason, error };
}

/** Posts the next task of an effect. A lost task is found by the sweep: the record says when it is overdue. */
async function arm(id: string, record: EffectRecord): Promise<void> {
  try {
    await armEffect(id, record);
  } catch (error) {
    log("WARNING", "effect.postponed", { effect_id: id, error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Writes the log line of one try at an effect. An effect that stays planned waits; every other outcome ends the call. */
export function logEffect(id: string, { outcome, record, reason, error }: EffectOutcome): Outcome {
  const fields = record && {
    effect: record.effect,
    event_id: record.cause.id,
    correlation_id: record.cause.correlation_id,
    traceparent: record.cause.traceparent,
  };
  const message = outcome === "planned" ? "effect.waiting" : "effect.finished";
  return logOutcome({ message, by: { effect_id: id }, fields: { ...fields } }, { outcome, reason, error });
}
