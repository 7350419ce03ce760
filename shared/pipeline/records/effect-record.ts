import type { Timestamp, Transaction } from "../../google/firestore.ts";
import { collection, documentRef } from "../../google/firestore.ts";
import { hashOf } from "../../values/ids.ts";
import type { EffectStatus } from "./effect-state.ts";
import type { Cause } from "./ledger-entry.ts";

/** One external side effect: a mail, an order to a supplier. */
export interface EffectRecord extends EffectStatus {
  /** The function that sends it. */
  effect: string;
  /** Business key: a second unit of work that plans the same key is skipped. */
  key: string;
  /** Data of the effect as JSON. */
  data: string;
  cause: Cause;
  /** Number of failures that certainly sent nothing: the index into the retry delays. */
  step: number;
  /** Number of armings. Names the tasks: a used task name stays blocked for an hour or more. */
  arming: number;
  /** Due time of the effect, in milliseconds; while it is being sent, the end of its lease. */
  due_at_ms: number;
  /** Reason of the present state. Absent while the effect is sent, and after. */
  reason?: string;
  created_at_ms: number;
  changed_at_ms: number;
  sent_at_ms?: number;
  expires_at?: Timestamp;
}

export const effects = collection<EffectRecord>("effects");

export function effectId(effect: string, key: string): string {
  return `${effect}~${hashOf(key)}`;
}

export interface EffectPlan {
  effect: string;
  key: string;
  data: object;
  dueMs: number;
}

/** Creates the record of an effect that a unit of work plans. */
export function plannedEffect(
  { effect, key, data, dueMs }: EffectPlan,
  { cause, nowMs }: { cause: Cause; nowMs: number },
): EffectRecord {
  return {
    effect,
    key,
    data: JSON.stringify(data),
    cause,
    state: "planned",
    lease: 0,
    lease_until_ms: 0,
    lost: 0,
    step: 0,
    arming: 0,
    due_at_ms: Math.max(dueMs, nowMs),
    created_at_ms: nowMs,
    changed_at_ms: nowMs,
  };
}

export async function readEffect(id: string, transaction: Transaction): Promise<EffectRecord | undefined> {
  const snapshot = await transaction.get(documentRef(effects, id));
  return snapshot.data() as EffectRecord | undefined;
}
