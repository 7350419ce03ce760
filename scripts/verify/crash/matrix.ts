import type { Choice, Tried } from "./bring-to-points.ts";
import { bringToPoints, createHosts } from "./bring-to-points.ts";
import { numbered } from "./points.ts";
import { differences, readTraces, unfinishedDocuments } from "./read-traces.ts";
import type { Scenario, Traces, Variant } from "./stage/scenario.ts";
import { variants } from "./stage/scenario.ts";
import type { Stage } from "./stage/stage.ts";
import type { Trial } from "./trial.ts";
import { setBehaviour } from "./trial.ts";

/** The result of one scenario. */
export interface ScenarioResult {
  scenario: Scenario;
  /** The calls of the undisturbed message, numbered. */
  calls: readonly string[];
  cells: readonly CellResult[];
}

export interface CellResult {
  point: string;
  variant: string;
  /** Empty: the traces are the expected ones. */
  faults: readonly string[];
}

const allVariants = Object.keys(variants) as Variant[];

/** Chooses every variant of a scenario. */
export const inFull = (scenario: Scenario): Choice => ({ scenario, variants: allVariants });

/** The time until all work has ended: leases of effects, releases that fail again, and the sweep. */
const LATER_MS = 10 * 60_000;

/**
 * Finds the points of scenarios by one undisturbed message each. Then stops one message at each point in each chosen
 * variant. Reads the traces when all later work has ended.
 */
export async function tryScenarios(stage: Stage, choices: readonly Choice[]): Promise<ScenarioResult[]> {
  const hosts = createHosts(stage);
  const tried: Tried[] = [];
  for (const choice of choices) {
    const latest = await bringToPoints(stage, hosts, choice);
    await stage.world.settle();
    await Promise.all(latest.trials.map(trial => judgeSoon(stage, trial)));
    tried.push(latest);
  }
  for (const trial of tried.flatMap(({ trials }) => trials)) setBehaviour(stage, trial, undefined);
  await stage.world.settle();
  await stage.world.advance(LATER_MS);
  const leftBehind = await findLeftBehind(stage);
  const results: ScenarioResult[] = [];
  for (const { scenario, calls, trials } of tried) {
    const cells = await Promise.all(trials.map(trial => judge(stage, trial)));
    results.push({ scenario, calls: numbered(calls), cells: [...cells, leftBehind] });
  }
  await hosts.end();
  return results;
}

/** Max time for which a command continues to work after its answer. */
const SOON_MS = 2_000;

/**
 * Checks that an answered message has ended without the sweep.
 * A scenario with `takesTime` may only leave no pending entry.
 */
async function judgeSoon(stage: Stage, trial: Trial): Promise<void> {
  if (trial.variant === "lost") return;
  const deadlineMs = performance.now() + SOON_MS;
  let open = await findUnfinished(stage, trial);
  while (open.length > 0 && performance.now() < deadlineMs) open = await findUnfinished(stage, trial);
  trial.faults.push(...open.map(fault => `acknowledged, but not finished: ${fault}`));
}

async function findUnfinished(stage: Stage, trial: Trial): Promise<string[]> {
  const found = await readTraces(stage, trial, trial.nameOf);
  if (!trial.scenario.takesTime) return differences(found, expectedOf(trial));
  return (found.ledger ?? []).filter(entry => entry.endsWith(" pending"));
}

function expectedOf({ scenario, point, variant }: Trial): Traces {
  return scenario.expected({ variant, reached: call => point?.reached.has(call) ?? true });
}

async function judge(stage: Stage, trial: Trial): Promise<CellResult> {
  const { scenario, point, variant, faults, answers } = trial;
  const found = await readTraces(stage, trial, trial.nameOf);
  const expected = expectedOf(trial);
  const contradictions = scenario.isAnswered ? [...new Set(answers)].slice(1) : [];
  return {
    point: point?.name ?? "at no point",
    variant: variant ? variants[variant] : "undisturbed",
    faults: [
      ...faults,
      ...differences(found, expected),
      ...contradictions.map(other => `answers differ: expected ${answers[0]}, got ${other}`),
    ],
  };
}

/** Finds unfinished work: tasks, messages, entries, effects and lanes. */
async function findLeftBehind({ world }: Stage): Promise<CellResult> {
  const { undelivered, queues } = world.status();
  const tasks = queues.filter(queue => "tasks" in queue && Number(queue.tasks) > 0);
  const unfinished = await unfinishedDocuments();
  const faults = [...undelivered, ...tasks].map(left => JSON.stringify(left));
  return { point: "at the end", variant: "left behind", faults: [...faults, ...unfinished] };
}
