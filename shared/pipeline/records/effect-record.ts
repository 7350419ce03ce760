import type { Timestamp, Transaction } from "../../google/firestore.ts";
import { collection, documentRef } from "../../google/firestore.ts";
import { hashOf } from "../../values/ids.ts";
import type { EffectStatus } from "./effect-state.ts";
import type { Cause } from "./ledger-entry.ts";

/** One thing the world outside is to see, once: a mail, an order to a supplier. */
export interface EffectRecord extends EffectStatus {
  /** The function that does it. */
  effect: string;
  /** What makes it the same effect: a second unit of work that plans it finds it taken. */
  key: string;
  /** What it needs to know, as JSON. */
  data: string;
  cause: Cause;
  /** Failures that certainly did nothing: the position on the ladder of waiting times. */
  step: number;
  /** Names its tasks: a used name is blocked for an hour or more, so each arming takes another. */
  arming: number;
  /** When it is to be done; of one that is being done, when its lease ends. */
  due_at_ms: number;
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
