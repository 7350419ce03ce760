import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { knownWays } from "./known-ways.ts";
import type { ScenarioResult } from "./matrix.ts";
import { tryScenarios } from "./matrix.ts";
import { faultsOf } from "./report.ts";
import type { Scenario, Variant } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import type { Stage } from "./stage.ts";
import { openStage } from "./stage.ts";

/** What is killed here at every run; `npm run crash` kills everywhere. Of the others only the way is looked at. */
const killed: Readonly<Record<string, readonly Variant[]>> = {
  "a reaction that only writes, and announces": ["redelivered", "resumed"],
  "an automatic release that fails again": ["forsaken"],
  "an ordered reaction: release of the head, two wait": ["overlapped"],
  "a command with an Idempotency-Key": ["redelivered"],
  "an effect that may be seen once": ["forsaken"],
};

let stage: Stage;
let results: ScenarioResult[];
beforeAll(async () => {
  stage = await openStage();
  results = await tryScenarios(stage, scenarios.map(choiceOf));
}, 120_000);
afterAll(() => stage.close());

const choiceOf = (scenario: Scenario) => ({ scenario, variants: killed[scenario.name] ?? [] });

test("knows every point at which a process can be killed", () => {
  const found = results.map(({ scenario, calls }) => [scenario.name, calls] as const);
  expect(Object.fromEntries(found)).toEqual(knownWays);
});

test("changes state once and leaves nothing behind, wherever its process is killed", () => {
  expect(results.flatMap(faultsOf)).toEqual([]);
  const cells = results.flatMap(result => result.cells);
  const points = cells.filter(({ variant }) => variant !== "undisturbed" && variant !== "left behind");
  expect(points).toHaveLength(pointsChosen());
});

function pointsChosen(): number {
  const perScenario = Object.entries(killed).map(
    ([name, variants]) => variants.length * (2 * (knownWays[name]?.length ?? 0) + 1),
  );
  return perScenario.reduce((sum, points) => sum + points, 0);
}
