import { waitAfter } from "../../../shared/pipeline/process/retry-policy.ts";
import type { EffectState, EffectStatus, Report } from "../../../shared/pipeline/records/effect-state.ts";
import {
  admitEffect,
  checkEffectMove,
  reported,
  withoutMoreTries,
} from "../../../shared/pipeline/records/effect-state.ts";

/** The size of an effect model, and the guards that it lacks. */
export interface EffectSetting {
  name: string;
  /** True: the external system may execute the effect twice under one id. */
  repeatable: boolean;
  /** Max calls at one time, including calls whose result is lost. */
  holders: number;
  /** Resends by an operator. */
  resends: number;
  without: readonly EffectGuard[];
}

export type EffectGuard =
  | "an expired lease is not planned again"
  | "only the holder of the lease reports"
  | "the sweep looks for overdue effects";

/** One state of an effect model: the record, its task, and the calls that hold a lease. */
export interface EffectWorld {
  record: EffectEntry;
  /**
   * True: the queue holds a task for the effect.
   * Two tasks equal one: Cloud Tasks repeats a call until an answer. Each task has a name of its own.
   */
  isArmed: boolean;
  /** Calls that hold or held a lease and have not reported yet. */
  holders: readonly Holder[];
  /** Executions by the external system. */
  executions: number;
  /** Additional executions that an operator allowed by resending an unknown effect. */
  extraAllowed: number;
  /** True: an operator has dropped the effect, whether executed or not. */
  isDropped: boolean;
  resendsLeft: number;
  postponementsLeft: number;
}

export interface EffectEntry extends EffectStatus {
  step: number;
}

export interface Holder {
  lease: number;
  /** The result to report. Absent: the call has not been made yet. */
  report?: Report;
}

/** The model's time: a lease runs until 1 and the time is 0; an expired lease ran until 0. */
const NOW_MS = 0;
const LEASE_END_MS = 1;

/** The first step on the ladder of waiting times: one retry is left after the first failure. */
const FIRST_STEP = ladderLength() - 1;

function ladderLength(): number {
  let step = 0;
  while (waitAfter(step) !== undefined) step += 1;
  return step;
}

/** Returns the initial state: the effect is planned and its task is queued. */
export function initialEffectWorld({ resends }: EffectSetting): EffectWorld {
  const record = { lease: 0, lease_until_ms: 0, lost: 0, step: FIRST_STEP };
  return {
    record: { state: "planned", ...record },
    isArmed: true,
    holders: [],
    executions: 0,
    extraAllowed: 0,
    isDropped: false,
    resendsLeft: resends,
    postponementsLeft: 1,
  };
}

export function lacksGuard({ without }: EffectSetting, guard: EffectGuard): boolean {
  return without.includes(guard);
}

/** The decision of an effect's rules when the effect is due. */
export type Decision = "send" | "skip" | "postpone";

/**
 * Decides and takes the lease, in one transaction (process/effect-lease.ts).
 * @returns undefined when another call holds the lease or the effect is over
 */
export function leaseAfter(
  record: EffectEntry,
  setting: EffectSetting,
  decision: Decision,
): { record: EffectEntry; isLeased: boolean } | undefined {
  const forgetsLost = lacksGuard(setting, "an expired lease is not planned again");
  const admitted = forgetsLost ? { ...record, lost: 0 } : record;
  const may = admitEffect(admitted, { nowMs: NOW_MS, repeatable: setting.repeatable || forgetsLost });
  if (may === "held" || may === "over") return undefined;
  const lost = record.lost + Number(record.state === "sending");
  if (may === "give-up") return { record: moved(record, "unknown", { lost }), isLeased: false };
  if (decision === "skip") {
    const changed = lost > 0 ? moved(record, "unknown", { lost }) : moved(record, "skipped", {});
    return { record: changed, isLeased: false };
  }
  if (decision === "postpone") return { record: moved(record, "planned", { lost }), isLeased: false };
  const lease = { lease: record.lease + 1, lease_until_ms: LEASE_END_MS };
  return { record: moved(record, "sending", { ...lease, lost }), isLeased: true };
}

/**
 * Writes the report of a call, in one transaction (process/effect-lease.ts).
 * @returns undefined when the report arrives too late
 */
export function afterReport(
  record: EffectEntry,
  setting: EffectSetting,
  { lease, report }: { lease: number; report: Report },
): EffectEntry | undefined {
  const { repeatable } = setting;
  const heldLease = lacksGuard(setting, "only the holder of the lease reports") ? record.lease : lease;
  const state = reported(record, { heldLease, report, repeatable });
  if (state === undefined) return undefined;
  if (state === "sent") return moved(record, "sent", {});
  const lost = record.lost + Number(report === "unclear");
  if (state !== "planned") return moved(record, state, { lost });
  if (waitAfter(record.step) === undefined) return moved(record, withoutMoreTries({ lost }), { lost });
  return moved(record, "planned", { lost, step: record.step + 1 });
}

/** Parks an effect whose decision fails (process/process-effect.ts). Undefined when the effect is not planned. */
export function afterFailedDecision(record: EffectEntry): EffectEntry | undefined {
  return record.state === "planned" ? moved(record, withoutMoreTries(record), {}) : undefined;
}

/** Resends (planned) or drops (skipped) an effect for an operator (operate/resend.ts). Undefined when refused. */
export function movedByOperator(record: EffectEntry, to: "planned" | "skipped"): EffectEntry | undefined {
  if (record.state !== "parked" && record.state !== "unknown") return undefined;
  if (to === "skipped") return moved(record, "skipped", {});
  return moved(record, "planned", { step: FIRST_STEP });
}

export function withExpiredLease(record: EffectEntry): EffectEntry {
  return { ...record, lease_until_ms: NOW_MS };
}

function moved(record: EffectEntry, state: EffectState, change: Partial<EffectEntry>): EffectEntry {
  checkEffectMove(record.state, state);
  return { ...record, ...change, state };
}
