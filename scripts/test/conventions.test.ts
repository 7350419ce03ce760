import { existsSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { functionFiles } from "../plan/load-functions.ts";
import { planOf } from "../plan/plan.ts";
import type { World } from "./worlds/world.ts";
import { startWorld } from "./worlds/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld("all");
});
afterAll(() => world.close());

describe("files below functions", () => {
  test("declare the function that they are named for", () => {
    const names = world.functions.map(({ declaration }) => declaration.name);
    expect(names.sort()).toEqual(
      functionFiles()
        .map(file => basename(file, ".ts"))
        .sort(),
    );
  });

  test("have a test file beside them", () => {
    const folder = fileURLToPath(new URL("../../functions/", import.meta.url));
    const untested = functionFiles().filter(
      file => !existsSync(`${folder}${file.replace(/\.ts$/, ".test.ts")}`),
    );
    expect(untested).toEqual([]);
  });
});

test("creates exactly the topics, subscriptions and queues that functions declare", async () => {
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
