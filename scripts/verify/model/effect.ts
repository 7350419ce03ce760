import type { Report } from "../../../shared/pipeline/records/effect-state.ts";
import { effectMoves } from "../../../shared/pipeline/records/effect-state.ts";
import type { Check } from "./check.ts";
import { finds, holds } from "./check.ts";
import type { EffectSetting, EffectWorld, Holder } from "./effect-world.ts";
import {
  firstEffectWorld,
  isLacking,
  leaseRunsOut,
  movedByPerson,
  parked,
  takeLease,
  writeReport,
} from "./effect-world.ts";
import type { StepKind } from "./reach.ts";
import type { Model, Step } from "./search.ts";
import { jsonOf } from "./state-key.ts";

type Add = (name: string, kind: StepKind, change: Partial<EffectWorld>) => void;

function stepsOf(world: EffectWorld, setting: EffectSetting): Step<EffectWorld>[] {
  const steps: Step<EffectWorld>[] = [];
  const add: Add = (name, kind, change) => steps.push({ name, kind, to: { ...world, ...change } });
  const { record } = world;
  if (world.isArmed) call(add, world, setting);
  for (const holder of world.holders) {
    if (holder.report === undefined) send(add, world, holder);
    else report(add, { world, setting }, { ...holder, report: holder.report });
  }
  if (record.state === "sending" && record.lease_until_ms > 0) {
    add("the lease runs out", "progress", { record: leaseRunsOut(record) });
  }
  const isOverdue = record.state === "planned" || (record.state === "sending" && record.lease_until_ms === 0);
  if (isOverdue && !world.isArmed && !isLacking(setting, "the sweep looks for overdue effects"))
    add("the sweep posts a task", "progress", { isArmed: true });
  act(add, world);
  return steps;
}

/** Cloud Tasks calls, again and again until it is answered: `attempt` of effect.ts up to the lease. */
function call(add: Add, world: EffectWorld, setting: EffectSetting): void {
  add("the task is lost", "trouble", { isArmed: false });
  for (const decision of ["do it", "skip it", "later"] as const) {
    if (decision === "later" && world.postponementsLeft === 0) continue;
    const taken = takeLease(world.record, setting, decision);
    if (!taken) {
      add("a call finds nothing to do", "progress", { isArmed: false });
      return;
    }
    const { record, isLeased } = taken;
    const what = `a call (${decision}): ${record.state}`;
    const postponementsLeft = world.postponementsLeft - Number(decision === "later");
    if (!isLeased) {
      add(what, "progress", { record, postponementsLeft, isArmed: record.state === "planned" });
      add(`${what}, and dies before it posts the next`, "trouble", {
        record,
        postponementsLeft,
        isArmed: false,
      });
    } else if (world.holders.length < setting.holders) {
      add(what, "progress", { record, holders: sorted([...world.holders, { lease: record.lease }]) });
      add(`${what}, and dies`, "trouble", { record });
    }
  }
  const hopeless = parked(world.record);
  if (hopeless) add("a call cannot decide", "failure", { isArmed: false, record: hopeless });
}

/** Who holds a lease does it. It may be so slow that its lease is over, and does not know. */
function send(add: Add, world: EffectWorld, holder: Holder): void {
  const others = world.holders.filter(other => other !== holder);
  const ends = (what: string, kind: StepKind, end: { seen: number; report: Report }): void => {
    const holders = sorted([...others, { ...holder, report: end.report }]);
    add(`[lease ${holder.lease}] ${what}`, kind, { seen: world.seen + end.seen, holders });
  };
  ends("does it", "progress", { seen: 1, report: "sent" });
  ends("does it and hears nothing", "trouble", { seen: 1, report: "unclear" });
  ends("does not get through and hears nothing", "trouble", { seen: 0, report: "unclear" });
  ends("is told that it was not done", "failure", { seen: 0, report: "not-sent" });
  ends("is told that it never can be done", "failure", { seen: 0, report: "hopeless" });
  add(`[lease ${holder.lease}] dies before it does it`, "trouble", { holders: others });
}

function report(
  add: Add,
  { world, setting }: { world: EffectWorld; setting: EffectSetting },
  holder: Required<Holder>,
): void {
  const holders = world.holders.filter(({ lease }) => lease !== holder.lease);
  const who = `[lease ${holder.lease}] reports ${holder.report}`;
  add(`[lease ${holder.lease}] dies before it reports ${holder.report}`, "trouble", { holders });
  const record = writeReport(world.record, setting, holder);
  if (!record) {
    add(`${who}, too late`, "progress", { holders, isArmed: false });
    return;
  }
  add(`${who}: ${record.state}`, "progress", { record, holders, isArmed: record.state === "planned" });
  add(`${who}: ${record.state}, and dies`, "trouble", { record, holders });
  add(`${who}: ${record.state}; the answer is lost, it runs again`, "trouble", { record });
}

function act(add: Add, world: EffectWorld): void {
  const { record, resendsLeft, mayBeSeenAgain } = world;
  const dropped = movedByPerson(record, "skipped");
  if (dropped) add("a person drops it", "person", { record: dropped, isClosed: true });
  const planned = resendsLeft > 0 ? movedByPerson(record, "planned") : undefined;
  if (!planned) return;
  const again = record.state === "unknown" ? 1 : 0;
  const after = { record: planned, resendsLeft: resendsLeft - 1, mayBeSeenAgain: mayBeSeenAgain + again };
  const what = `a person sends it again, from ${record.state}`;
  add(what, "person", { ...after, isArmed: true });
  add(`${what}, and dies before it posts the task`, "trouble", after);
}

function sorted(holders: Holder[]): Holder[] {
  return holders.sort((a, b) => (jsonOf(a) < jsonOf(b) ? -1 : 1));
}

function effectModel(setting: EffectSetting): Model<EffectWorld> {
  const allowed = setting.repeatable ? 2 : 1;
  return {
    name: setting.name,
    initial: firstEffectWorld(setting),
    steps: world => stepsOf(world, setting),
    always: [
      {
        name: "the world sees it as often as allowed, and not once more",
        holds: ({ seen, mayBeSeenAgain }) => seen <= allowed + mayBeSeenAgain,
      },
      {
        name: "sent means that somebody saw it",
        holds: ({ record, seen }) => record.state !== "sent" || seen > 0,
      },
      {
        name: "while a lease runs, only its holder moves the effect",
        holds: ({ record, holders }) =>
          record.state === "sending" ||
          record.lease_until_ms === 0 ||
          !holders.some(holder => holder.lease === record.lease && holder.report === undefined),
      },
      {
        name: "skipped or parked means that nobody saw it, unless a person said so",
        holds: ({ record: { state }, seen, isClosed, mayBeSeenAgain }) =>
          (state !== "skipped" && state !== "parked") || isClosed || mayBeSeenAgain > 0 || seen === 0,
      },
    ],
    eachStep: [
      {
        name: "every move of an effect is in the table",
        holds: ({ record: from }, { record: to }) =>
          from === to || from.state === to.state || effectMoves[from.state].includes(to.state),
      },
      {
        name: "leases are only counted up",
        holds: (from, to) => to.record.lease >= from.record.lease && to.record.lost >= from.record.lost,
      },
    ],
    reaches: [
      {
        name: "an effect comes to rest once nothing goes wrong any more",
        by: ["progress"],
        goal: ({ record: { state }, isArmed, holders }) =>
          state !== "planned" && state !== "sending" && !isArmed && holders.length === 0,
      },
    ],
  };
}

const once: EffectSetting = { name: "effect: once", repeatable: false, holders: 3, resends: 0, without: [] };
const seen = "the world sees it as often as allowed, and not once more";

export const effectChecks: readonly Check[] = [
  holds(effectModel(once), { isQuick: true }),
  holds(effectModel({ ...once, name: "effect: once, sent again by a person", resends: 1 })),
  holds(effectModel({ ...once, name: "effect: repeatable", repeatable: true })),
  holds(
    effectModel({
      ...once,
      name: "effect: repeatable, sent again by a person",
      repeatable: true,
      holders: 2,
      resends: 1,
    }),
  ),
  ...(
    [
      [seen, "a lease that ran out is not planned again"],
      ["while a lease runs, only its holder moves the effect", "only the holder of the lease reports"],
      ["an effect comes to rest once nothing goes wrong any more", "the sweep looks for overdue effects"],
    ] as const
  ).map(([property, guard]) =>
    finds(
      property,
      effectModel({ ...once, repeatable: true, name: `effect without "${guard}"`, without: [guard] }),
    ),
  ),
];
