import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ProbeWorld } from "../../../scripts/test/worlds/probe.ts";
import { startProbe } from "../../../scripts/test/worlds/probe.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

test("is off while at most half of the last hundred threw, and off again once they go well", () => {
  const brake = createCircuitBreaker();
  const notes = Array.from({ length: 50 }, () => brake.note("threw"));
  expect(new Set(notes)).toEqual(new Set(["off"]));
  expect(brake.note("threw")).toBe("on");
  for (let i = 0; i < 51; i += 1) brake.note("went well");
  expect(brake.note("threw")).toBe("off");
});

test("leaves the events of a broken deployment with Pub/Sub, and handles them once it is mended", async () => {
  const users = Array.from({ length: 60 }, (_, i) => `usr_${i}`);
  let broken = true;
  for (const user of users) {
    world.behaviours.set(user, async () => {
      if (broken) throw new Error("undefined is not a function");
    });
  }
  await Promise.all(users.map(user => world.signUp(user)));
  const refused = () => world.lines.filter(({ fields }) => fields["outcome"] === "refused").length;
  while (refused() < 9) await new Promise(resolve => setImmediate(resolve));
  // Up to the half of a hundred is set aside before the brake can know.
  expect((await world.ledgerOf("probe")).length).toBeLessThanOrEqual(50);
  broken = false;
  await world.advance(15 * 60_000);
  expect((await world.ledgerOf("probe")).filter(({ state }) => state === "done")).toHaveLength(60);
});
