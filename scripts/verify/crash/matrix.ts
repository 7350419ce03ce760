import type { Choice, Tried } from "./bring-to-points.ts";
import { bringToPoints, createHosts } from "./bring-to-points.ts";
import type { Try } from "./cells.ts";
import { setMood } from "./cells.ts";
import { numbered } from "./points.ts";
import { differences, readTraces, unfinishedDocuments } from "./read-traces.ts";
import type { Books, Scenario, Variant } from "./scenario.ts";
import { variants } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** What came of one scenario. */
export interface ScenarioResult {
  scenario: Scenario;
  /** The calls that its message makes when nothing happens to it, told apart. */
  calls: readonly string[];
  cells: readonly CellResult[];
}

export interface CellResult {
  point: string;
  variant: string;
  /** Empty: it ended as it must. */
  faults: readonly string[];
}

const allVariants = Object.keys(variants) as Variant[];

/** Every variant of a scenario. */
export const inFull = (scenario: Scenario): Choice => ({ scenario, variants: allVariants });

/** When everything is over: leases of effects, releases that fail again and the sweep have had their time. */
const LATER_MS = 10 * 60_000;

/**
 * Finds the points of some scenarios by letting one message of each pass, then stops one message at each point in
 * each variant that was chosen. When all that can follow has followed, their books are read.
 */
export async function tryScenarios(stage: Stage, choices: readonly Choice[]): Promise<ScenarioResult[]> {
  const hosts = createHosts(stage);
  const tried: Tried[] = [];
  for (const choice of choices) {
    const latest = await bringToPoints(stage, hosts, choice);
    await stage.world.settle();
    await Promise.all(latest.ones.map(one => judgeSoon(stage, one)));
    tried.push(latest);
  }
  for (const one of tried.flatMap(({ ones }) => ones)) setMood(stage, one, undefined);
  await stage.world.settle();
  await stage.world.advance(LATER_MS);
  const left = await leftOver(stage);
  const results: ScenarioResult[] = [];
  for (const { scenario, calls, ones } of tried) {
    const cells = await Promise.all(ones.map(one => judge(stage, one)));
    results.push({ scenario, calls: numbered(calls), cells: [...cells, left] });
  }
  await hosts.end();
  return results;
}

/** A command may go on for a moment after its answer. */
const SOON_MS = 2_000;

/** What was answered is not left to the sweep: unless time must pass, all is over by now. */
async function judgeSoon(stage: Stage, one: Try): Promise<void> {
  if (one.variant === "forsaken") return;
  const deadlineMs = performance.now() + SOON_MS;
  let early = await notOver(stage, one);
  while (early.length > 0 && performance.now() < deadlineMs) early = await notOver(stage, one);
  one.faults.push(...early.map(fault => `acknowledged, and not over: ${fault}`));
}

async function notOver(stage: Stage, one: Try): Promise<string[]> {
  const found = await readTraces(stage, one, one.nameOf);
  if (!one.scenario.takesTime) return differences(found, expectedOf(one));
  return (found.ledger ?? []).filter(entry => entry.endsWith(" pending"));
}

function expectedOf({ scenario, point, variant }: Try): Books {
  return scenario.books({ variant, reached: call => point?.reached.has(call) ?? true });
}

async function judge(stage: Stage, one: Try): Promise<CellResult> {
  const { scenario, point, variant, faults, answers } = one;
  const found = await readTraces(stage, one, one.nameOf);
  const expected = expectedOf(one);
  const contradictions = scenario.isAnswered ? [...new Set(answers)].slice(1) : [];
  return {
    point: point?.name ?? "at no point",
    variant: variant ? variants[variant] : "undisturbed",
    faults: [
      ...faults,
      ...differences(found, expected),
      ...contradictions.map(other => `answered ${other} instead of ${answers[0]}`),
    ],
  };
}

/** What nobody finished: tasks, messages, entries and lanes that still wait for something. */
async function leftOver({ world }: Stage): Promise<CellResult> {
  const { undelivered, queues } = world.status();
  const tasks = queues.filter(queue => "tasks" in queue && Number(queue.tasks) > 0);
  const unfinished = await unfinishedDocuments();
  const faults = [...undelivered, ...tasks].map(left => JSON.stringify(left));
  return { point: "nowhere", variant: "left behind", faults: [...faults, ...unfinished] };
}
