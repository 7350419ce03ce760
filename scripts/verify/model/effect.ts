import type { Report } from "../../../shared/pipeline/records/effect-state.ts";
import { effectMoves } from "../../../shared/pipeline/records/effect-state.ts";
import type { EffectSetting, EffectWorld, Holder } from "./effect-world.ts";
import {
  afterFailedDecision,
  afterReport,
  initialEffectWorld,
  lacksGuard,
  leaseAfter,
  movedByOperator,
  withExpiredLease,
} from "./effect-world.ts";
import type { StepKind } from "./reach.ts";
import type { Model, Step } from "./search.ts";
import { jsonOf } from "./state-key.ts";

type Add = (name: string, kind: StepKind, change: Partial<EffectWorld>) => void;

/** Builds the model of one effect under one setting. */
export function effectModel(setting: EffectSetting): Model<EffectWorld> {
  return {
    name: setting.name,
    initial: initialEffectWorld(setting),
    steps: world => stepsOf(world, setting),
    always: invariants(setting),
    eachStep: [
      {
        name: "every change of an effect's state is in the table",
        holds: ({ record: from }, { record: to }) =>
          from === to || from.state === to.state || effectMoves[from.state].includes(to.state),
      },
      {
        name: "the counts of leases only grow",
        holds: (from, to) => to.record.lease >= from.record.lease && to.record.lost >= from.record.lost,
      },
    ],
    reaches: [
      {
        name: "an effect becomes idle once failures stop",
        by: ["progress"],
        goal: ({ record: { state }, isArmed, holders }) =>
          state !== "planned" && state !== "sending" && !isArmed && holders.length === 0,
      },
    ],
  };
}

function invariants({ repeatable }: EffectSetting): Model<EffectWorld>["always"] {
  const allowed = repeatable ? 2 : 1;
  return [
    {
      name: "an effect is executed no more often than allowed",
      holds: ({ executions, extraAllowed }) => executions <= allowed + extraAllowed,
    },
    {
      name: "a sent effect was executed",
      holds: ({ record, executions }) => record.state !== "sent" || executions > 0,
    },
    {
      name: "while a lease runs, only its holder changes the effect",
      holds: ({ record, holders }) =>
        record.state === "sending" ||
        record.lease_until_ms === 0 ||
        !holders.some(holder => holder.lease === record.lease && holder.report === undefined),
    },
    {
      name: "a skipped or parked effect was not executed, unless an operator decided",
      holds: ({ record: { state }, executions, isDropped, extraAllowed }) =>
        (state !== "skipped" && state !== "parked") || isDropped || extraAllowed > 0 || executions === 0,
    },
  ];
}

function stepsOf(world: EffectWorld, setting: EffectSetting): Step<EffectWorld>[] {
  const steps: Step<EffectWorld>[] = [];
  const add: Add = (name, kind, change) => steps.push({ name, kind, to: { ...world, ...change } });
  const { record } = world;
  if (world.isArmed) call(add, world, setting);
  for (const holder of world.holders) {
    if (holder.report === undefined) execute(add, world, holder);
    else report(add, { world, setting }, { ...holder, report: holder.report });
  }
  if (record.state === "sending" && record.lease_until_ms > 0) {
    add("the lease expires", "progress", { record: withExpiredLease(record) });
  }
  const isOverdue = record.state === "planned" || (record.state === "sending" && record.lease_until_ms === 0);
  if (isOverdue && !world.isArmed && !lacksGuard(setting, "the sweep looks for overdue effects"))
    add("the sweep posts a task", "progress", { isArmed: true });
  operate(add, world);
  return steps;
}

/** Adds a call of Cloud Tasks, which repeats until an answer: process/process-effect.ts up to the lease. */
function call(add: Add, world: EffectWorld, setting: EffectSetting): void {
  add("the task is lost", "trouble", { isArmed: false });
  for (const decision of ["send", "skip", "postpone"] as const) {
    if (decision === "postpone" && world.postponementsLeft === 0) continue;
    const after = leaseAfter(world.record, setting, decision);
    if (!after) {
      add("a call finds nothing to do", "progress", { isArmed: false });
      return;
    }
    const { record, isLeased } = after;
    const words = `a call (${decision}): ${record.state}`;
    const postponementsLeft = world.postponementsLeft - Number(decision === "postpone");
    if (!isLeased) {
      add(words, "progress", { record, postponementsLeft, isArmed: record.state === "planned" });
      const crashed = { record, postponementsLeft, isArmed: false };
      add(`${words}, and crashes before it posts the next task`, "trouble", crashed);
    } else if (world.holders.length < setting.holders) {
      add(words, "progress", { record, holders: sorted([...world.holders, { lease: record.lease }]) });
      add(`${words}, and crashes`, "trouble", { record });
    }
  }
  const failed = afterFailedDecision(world.record);
  if (failed) add("a call cannot decide", "failure", { isArmed: false, record: failed });
}

/** Adds the results of a call that holds a lease. A slow call does not notice that its lease has expired. */
function execute(add: Add, world: EffectWorld, holder: Holder): void {
  const others = world.holders.filter(other => other !== holder);
  const finish = (words: string, kind: StepKind, end: { executions: number; report: Report }): void => {
    const holders = sorted([...others, { ...holder, report: end.report }]);
    const executions = world.executions + end.executions;
    add(`[lease ${holder.lease}] ${words}`, kind, { executions, holders });
  };
  finish("is executed and confirmed", "progress", { executions: 1, report: "sent" });
  finish("is executed; the answer is lost", "trouble", { executions: 1, report: "unclear" });
  finish("is not executed and gets no answer", "trouble", { executions: 0, report: "unclear" });
  finish("is refused for now", "failure", { executions: 0, report: "not-sent" });
  finish("is refused permanently", "failure", { executions: 0, report: "hopeless" });
  add(`[lease ${holder.lease}] crashes before the call`, "trouble", { holders: others });
}

function report(
  add: Add,
  { world, setting }: { world: EffectWorld; setting: EffectSetting },
  holder: Required<Holder>,
): void {
  const holders = world.holders.filter(({ lease }) => lease !== holder.lease);
  const words = `[lease ${holder.lease}] reports ${holder.report}`;
  add(`[lease ${holder.lease}] crashes before it reports ${holder.report}`, "trouble", { holders });
  const record = afterReport(world.record, setting, holder);
  if (!record) {
    add(`${words}, too late`, "progress", { holders, isArmed: false });
    return;
  }
  add(`${words}: ${record.state}`, "progress", { record, holders, isArmed: record.state === "planned" });
  add(`${words}: ${record.state}, and crashes`, "trouble", { record, holders });
  add(`${words}: ${record.state}; the answer is lost, the transaction runs again`, "trouble", { record });
}

/** Adds the acts of an operator: drop, and resend while resends are left. */
function operate(add: Add, world: EffectWorld): void {
  const { record, resendsLeft, extraAllowed } = world;
  const dropped = movedByOperator(record, "skipped");
  if (dropped) add("an operator drops the effect", "operator", { record: dropped, isDropped: true });
  const planned = resendsLeft > 0 ? movedByOperator(record, "planned") : undefined;
  if (!planned) return;
  const extra = record.state === "unknown" ? 1 : 0;
  const after = { record: planned, resendsLeft: resendsLeft - 1, extraAllowed: extraAllowed + extra };
  const words = `an operator resends the effect, from ${record.state}`;
  add(words, "operator", { ...after, isArmed: true });
  add(`${words}, and crashes before the task is posted`, "trouble", after);
}

function sorted(holders: Holder[]): Holder[] {
  return holders.sort((a, b) => (jsonOf(a) < jsonOf(b) ? -1 : 1));
}
