import { existsSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { functionFiles } from "../plan/load-functions.ts";
import { planOf } from "../plan/plan.ts";
import type { World } from "./worlds/world.ts";
import { startWorld } from "./worlds/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld("all");
});
afterAll(() => world.close());

test("every file under functions declares the function it is named for", () => {
  const names = world.functions.map(({ declaration }) => declaration.name);
  expect(names.sort()).toEqual(
    functionFiles()
      .map(file => basename(file, ".ts"))
      .sort(),
  );
});

test("every function has its test beside it", () => {
  const folder = fileURLToPath(new URL("../../functions/", import.meta.url));
  const untested = functionFiles().filter(
    file => !existsSync(`${folder}${file.replace(/\.ts$/, ".test.ts")}`),
  );
  expect(untested).toEqual([]);
});

test("what the functions declare is what runs: topics, subscriptions, queues", async () => {
  const plan = planOf(world.functions.map(({ declaration }) => declaration));
  const { subscriptions, topics, queues } = await world.services();
  expect(topics).toEqual(plan.topics.map(name => `projects/demo-pulsecart/topics/${name}`).sort());
  expect(subscriptions).toEqual(
    plan.subscriptions.map(({ name }) => `projects/demo-pulsecart/subscriptions/${name}`).sort(),
  );
  expect(queues).toEqual(
    plan.queues.map(name => `projects/demo-pulsecart/locations/us-central1/queues/${name}`).sort(),
  );
});
