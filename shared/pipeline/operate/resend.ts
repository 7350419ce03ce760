import { inTransaction } from "../../google/firestore.ts";
import { armEffect } from "../outbox/post-effect.ts";
import { writeEffect } from "../process/effect-lease.ts";
import type { Act, Outcome } from "../records/audit.ts";
import { isOnRecord, putOnRecord } from "../records/audit.ts";
import type { EffectRecord } from "../records/effect-record.ts";
import { readEffect } from "../records/effect-record.ts";
import type { EffectState } from "../records/effect-state.ts";
import { effectMoves } from "../records/effect-state.ts";

/** The states in which an effect waits for a person. */
export const WAITING_EFFECTS = ["parked", "unknown"] as const satisfies readonly EffectState[];

/**
 * Plans an effect once more. One that is unknown may then be seen twice by the world: only a person may want that.
 * The task is posted after the commit; one that is lost is found by the sweep.
 * @throws what Firestore or Cloud Tasks threw; doing it again is safe
 */
export async function resendEffect(id: string, act: Act): Promise<Outcome> {
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
 * Closes an effect that waits for a person: nobody will do it, or, of an unknown one, do it again.
 * @throws what Firestore threw; doing it again is safe
 */
export async function dropEffect(id: string, act: Act): Promise<Outcome> {
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
      return { why: `it is ${before.state}: only what is parked or unknown waits for a person` };
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
