import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { knownCalls } from "./known-calls.ts";
import type { ScenarioResult } from "./matrix.ts";
import { tryScenarios } from "./matrix.ts";
import { faultsOf } from "./report.ts";
import { crashScenarios } from "./scenarios/all.ts";
import type { Scenario, Variant } from "./stage/scenario.ts";
import type { Stage } from "./stage/stage.ts";
import { openStage } from "./stage/stage.ts";

/** The variants of each test run; `npm run crash` runs all. All other scenarios run undisturbed. */
const variantsByName: Readonly<Record<string, readonly Variant[]>> = {
  "a reaction that writes and emits": ["redelivered", "resumed"],
  "an automatic release that fails again": ["lost"],
  "an ordered reaction: release of the head, two events queued": ["overlapped"],
  "a command with an Idempotency-Key": ["redelivered"],
  "an effect that is not repeatable": ["lost"],
};

let stage: Stage;
let results: ScenarioResult[];
beforeAll(async () => {
  stage = await openStage();
  results = await tryScenarios(stage, crashScenarios.map(choiceOf));
}, 300_000);
afterAll(() => stage.close());

const choiceOf = (scenario: Scenario) => ({ scenario, variants: variantsByName[scenario.name] ?? [] });

test("knows every point at which a process can be killed", () => {
  const found = results.map(({ scenario, calls }) => [scenario.name, calls] as const);
  expect(Object.fromEntries(found)).toEqual(knownCalls);
});

test("changes state once and leaves no work when a process is killed", () => {
  expect(results.flatMap(faultsOf)).toEqual([]);
});

test("kills a process at every point of the chosen scenarios", () => {
  const cells = results.flatMap(result => result.cells);
  const points = cells.filter(({ variant }) => variant !== "undisturbed" && variant !== "left behind");
  expect(points).toHaveLength(chosenPoints());
});

function chosenPoints(): number {
  const perScenario = Object.entries(variantsByName).map(
    ([name, variants]) => variants.length * (2 * (knownCalls[name]?.length ?? 0) + 1),
  );
  return perScenario.reduce((sum, points) => sum + points, 0);
}
