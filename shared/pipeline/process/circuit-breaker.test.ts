import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ProbeWorld } from "../../../scripts/test/worlds/probe.ts";
import { startProbe } from "../../../scripts/test/worlds/probe.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

test("opens when more than half of the last hundred events failed", () => {
  const breaker = createCircuitBreaker();
  const notes = Array.from({ length: 50 }, () => breaker.record("failure"));
  expect(new Set(notes)).toEqual(new Set(["closed"]));
  expect(breaker.record("failure")).toBe("open");
  for (let i = 0; i < 51; i += 1) breaker.record("success");
  expect(breaker.record("failure")).toBe("closed");
});

test("keeps the events of a broken deployment in Pub/Sub", async () => {
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
  // The breaker opens after fifty failures: until then events are deferred.
  expect((await world.ledgerOf("probe")).length).toBeLessThanOrEqual(50);
  broken = false;
  await world.advance(15 * 60_000);
  expect((await world.ledgerOf("probe")).filter(({ state }) => state === "done")).toHaveLength(60);
});
