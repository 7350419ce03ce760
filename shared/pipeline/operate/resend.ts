import { inTransaction } from "../../google/firestore.ts";
import { armEffect } from "../outbox/post-effect.ts";
import { writeEffect } from "../process/effect-lease.ts";
import type { Act, ActResult } from "../records/audit.ts";
import { isOnRecord, putOnRecord } from "../records/audit.ts";
import type { EffectRecord } from "../records/effect-record.ts";
import { readEffect } from "../records/effect-record.ts";
import type { EffectState } from "../records/effect-state.ts";
import { effectMoves } from "../records/effect-state.ts";

/** The states in which an effect waits for an operator. */
export const WAITING_EFFECTS = ["parked", "unknown"] as const satisfies readonly EffectState[];

/**
 * Plans an effect once more. External systems may then see an unknown effect twice: only an operator may decide that.
 * The task is posted after the commit; a lost task is found by the sweep.
 * @throws the error of Firestore or Cloud Tasks; resending again is safe
 */
export async function resendEffect(id: string, act: Act): Promise<ActResult> {
  const { nowMs } = act;
  const changed = await changeEffect(id, act, {
    did: "resend",
    state: "planned",
    fields: ({ arming }) => ({ due_at_ms: nowMs, step: 0, arming: arming + 1 }),
  });
  if ("why" in changed) return { done: false, why: changed.why };
  await armEffect(id, changed.record, act.id);
  return { done: true, what: "planned again" };
}

/**
 * Closes a parked or unknown effect: no function sends it any more.
 * @throws the error of Firestore; dropping again is safe
 */
export async function dropEffect(id: string, act: Act): Promise<ActResult> {
  const reason = `dropped by ${act.who}${act.reason === undefined ? "" : `: ${act.reason}`}`;
  const changed = await changeEffect(id, act, {
    did: "drop effect",
    state: "skipped",
    fields: () => ({ reason }),
  });
  return "why" in changed ? { done: false, why: changed.why } : { done: true, what: "dropped" };
}

async function changeEffect(
  id: string,
  act: Act,
  change: {
    did: "resend" | "drop effect";
    state: "planned" | "skipped";
    fields: (before: EffectRecord) => Partial<EffectRecord>;
  },
): Promise<{ record: EffectRecord } | { why: string }> {
  const { did, state, fields } = change;
  return inTransaction(async transaction => {
    const before = await readEffect(id, transaction);
    if (!before) return { why: "there is no such effect" };
    if (await isOnRecord(transaction, act, id)) return { record: before };
    const waits = WAITING_EFFECTS.some(waiting => waiting === before.state);
    if (!waits || !effectMoves[before.state].includes(state)) {
      return { why: `the effect is ${before.state}: only parked and unknown effects wait for an operator` };
    }
    const { effect, cause } = before;
    putOnRecord(transaction, act, {
      did,
      target: id,
      reaction: effect,
      event_id: cause.id,
      event_type: cause.event_type,
      subject: cause.subject,
      from: { state: before.state },
    });
    return {
      record: writeEffect(transaction, id, { before, state, fields: fields(before), nowMs: act.nowMs }),
    };
  });
}
