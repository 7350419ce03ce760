import { waitAfter } from "../../../shared/pipeline/process/retry-policy.ts";
import type { EffectState, EffectStatus, Report } from "../../../shared/pipeline/records/effect-state.ts";
import {
  admitEffect,
  checkEffectMove,
  reported,
  withoutMoreTries,
} from "../../../shared/pipeline/records/effect-state.ts";

/** What a model of effects is asked, and which guards it lacks. */
export interface EffectSetting {
  name: string;
  /** Whether the world may see it twice under one id. */
  repeatable: boolean;
  /** Calls that are under way at one time, those that nobody hears of any more included. */
  holders: number;
  /** How often a person plans again what waits. */
  resends: number;
  without: readonly EffectGuard[];
}

export type EffectGuard =
  | "a lease that ran out is not planned again"
  | "only the holder of the lease reports"
  | "the sweep looks for overdue effects";

export interface EffectWorld {
  record: Standing;
  /**
   * Whether the queue holds a task for it. More than one are not told apart: a task is called again until it is
   * answered anyway, and each has a name of its own, so that none is swallowed.
   */
  isArmed: boolean;
  /** Calls that took a lease and did not come back yet. */
  holders: readonly Holder[];
  /** What the world has seen, and how often a person asked for more of what it may have seen. */
  seen: number;
  mayBeSeenAgain: number;
  /** A person has said that nobody will do it, whatever was seen. */
  isClosed: boolean;
  resendsLeft: number;
  postponementsLeft: number;
}

export interface Standing extends EffectStatus {
  step: number;
}

export interface Holder {
  lease: number;
  /** Nothing yet: it is about to do it. */
  report?: Report;
}

/** Time is one number: a lease is held until 1 and it is 0, until the lease has run out. */
const NOW_MS = 0;
const HELD = 1;

/** Where the ladder of waiting times is entered: one try is left after the first failure. */
const FIRST_STEP = ladderLength() - 1;

function ladderLength(): number {
  let step = 0;
  while (waitAfter(step) !== undefined) step += 1;
  return step;
}

export function firstEffectWorld({ resends }: EffectSetting): EffectWorld {
  const record = { lease: 0, lease_until_ms: 0, lost: 0, step: FIRST_STEP };
  return {
    record: { state: "planned", ...record },
    isArmed: true,
    holders: [],
    seen: 0,
    mayBeSeenAgain: 0,
    isClosed: false,
    resendsLeft: resends,
    postponementsLeft: 1,
  };
}

export function isLacking({ without }: EffectSetting, guard: EffectGuard): boolean {
  return without.includes(guard);
}

/** How the rules decide about an effect whose time has come. */
export type Decision = "do it" | "skip it" | "later";

/** `takeLease` of effect-lease.ts. Undefined: there is nothing to be done now. */
export function takeLease(
  record: Standing,
  setting: EffectSetting,
  decision: Decision,
): { record: Standing; isLeased: boolean } | undefined {
  const { repeatable } = setting;
  const asIf = isLacking(setting, "a lease that ran out is not planned again")
    ? { ...record, lost: 0 }
    : record;
  const may = admitEffect(asIf, { nowMs: NOW_MS, repeatable: repeatable || asIf !== record });
  if (may === "held" || may === "over") return undefined;
  const lost = record.lost + Number(record.state === "sending");
  if (may === "give-up") return { record: moved(record, "unknown", { lost }), isLeased: false };
  if (decision === "skip it") {
    const changed = lost > 0 ? moved(record, "unknown", { lost }) : moved(record, "skipped", {});
    return { record: changed, isLeased: false };
  }
  if (decision === "later") return { record: moved(record, "planned", { lost }), isLeased: false };
  const lease = { lease: record.lease + 1, lease_until_ms: HELD };
  return { record: moved(record, "sending", { ...lease, lost }), isLeased: true };
}

/** `writeReport` of effect-lease.ts. Undefined: it comes too late. */
export function writeReport(
  record: Standing,
  setting: EffectSetting,
  { lease, report }: { lease: number; report: Report },
): Standing | undefined {
  const { repeatable } = setting;
  const heldLease = isLacking(setting, "only the holder of the lease reports") ? record.lease : lease;
  const state = reported(record, { heldLease, report, repeatable });
  if (state === undefined) return undefined;
  if (state === "sent") return moved(record, "sent", {});
  const lost = record.lost + Number(report === "unclear");
  if (state !== "planned") return moved(record, state, { lost });
  if (waitAfter(record.step) === undefined) return moved(record, withoutMoreTries({ lost }), { lost });
  return moved(record, "planned", { lost, step: record.step + 1 });
}

/** `park` of effect.ts: what cannot even be decided. */
export function parked(record: Standing): Standing | undefined {
  return record.state === "planned" ? moved(record, withoutMoreTries(record), {}) : undefined;
}

/** `resendEffect` and `dropEffect` of person-effect.ts. */
export function movedByPerson(record: Standing, to: "planned" | "skipped"): Standing | undefined {
  if (record.state !== "parked" && record.state !== "unknown") return undefined;
  if (to === "skipped") return moved(record, "skipped", {});
  return moved(record, "planned", { step: FIRST_STEP });
}

export function leaseRunsOut(record: Standing): Standing {
  return { ...record, lease_until_ms: NOW_MS };
}

function moved(record: Standing, state: EffectState, change: Partial<Standing>): Standing {
  checkEffectMove(record.state, state);
  return { ...record, ...change, state };
}
