import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { carts } from "../../shared/collections.ts";
import { HOUR_MS } from "../../shared/values/durations.ts";
import { planOf } from "../plan/plan.ts";
import type { World } from "../test/worlds/world.ts";
import { startWorld } from "../test/worlds/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld("all");
});
afterEach(() => world.send("DELETE", "/__local/faults"));
afterAll(() => world.close());

test("runs and shows the declared schedules as jobs of Cloud Scheduler", async () => {
  const planned = planOf(world.functions.map(({ declaration }) => declaration)).schedules;
  const isSweep = ({ message, fields }: World["lines"][number]) =>
    message === "schedule.finished" && fields["schedule"] === "sweep";
  const sweeps = () => world.lines.filter(isSweep).length;
  const before = sweeps();
  await world.advance(HOUR_MS);
  // One more sweep when real time passed a full minute meanwhile.
  expect([60, 61]).toContain(sweeps() - before);
  const { body } = await world.send("GET", "/__local/status");
  expect(body.scheduler).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(body.jobs).toHaveLength(planned.length);
  for (const { functionName, cron } of planned) {
    const name = `projects/demo-pulsecart/locations/us-central1/jobs/${functionName}`;
    expect(body.jobs).toContainEqual(
      expect.objectContaining({ name, schedule: cron, state: "ENABLED", running: false }),
    );
  }
  expect(body.jobs.find((job: { name: string }) => job.name.endsWith("/sweep")).lastStatus).toEqual({});
});

test("sets, shows and ends injected faults", async () => {
  const off = { rules: {}, struck: {} };
  expect(await world.send("GET", "/__local/faults")).toMatchObject({ status: 200, body: off });
  const rules = { seed: 3, duplicate: 0.5, delay: { probability: 0.1, seconds: 30 } };
  const on = { rules, struck: {} };
  expect(await world.send("POST", "/__local/faults", rules)).toMatchObject({ status: 200, body: on });
  expect((await world.send("GET", "/__local/faults")).body).toEqual(on);
  expect((await world.send("POST", "/__local/faults", {})).body).toEqual(off);
  await world.send("POST", "/__local/faults", rules);
  expect(await world.send("DELETE", "/__local/faults")).toMatchObject({ status: 200, body: off });
  expect((await world.send("GET", "/__local/faults")).body).toEqual(off);
});

test("refuses unknown fault rules and keeps the current ones", async () => {
  await world.send("POST", "/__local/faults", { reorder: 0.5 });
  const refused = await world.send("POST", "/__local/faults", { duplicate: 2, explode: 1 });
  expect(refused.status).toBe(422);
  expect(refused.body.errors).toEqual([
    {
      pointer: "/duplicate",
      expected: "a probability from 0 (never) to 1 (always)",
      received: "number 2",
    },
    { pointer: "/explode", expected: expect.stringContaining("lose_answer"), received: expect.any(String) },
  ]);
  expect((await world.send("GET", "/__local/faults")).body.rules).toEqual({ reorder: 0.5 });
});

test("delivers all events after every fault was injected", async () => {
  await world.send("POST", "/__local/faults", {
    seed: 11,
    duplicate: 0.5,
    reorder: 0.3,
    delay: { probability: 0.3, seconds: 60 },
    slow: { probability: 0.3, ms: 5 },
    // Low probabilities: each fault costs its client a pause of a second or more in real time.
    unavailable: 0.02,
    lose_answer: 0.05,
    deadline_exceeded: 0.02,
    aborted: 0.05,
  });
  const items = Array.from({ length: 10 }, (_, place) => ({
    event_type: "cart.item_added",
    user_id: `usr_${place}`,
    session_id: `session_${place}`,
    payload: { product_id: "lamp", quantity: 1, cart_id: `cart_${place}` },
  }));
  const answers = await Promise.all(items.map(item => world.send("POST", "/events/ingest", item)));
  await world.settle();
  const { struck } = (await world.send("GET", "/__local/faults")).body;
  expect(Object.keys(struck)).toEqual(expect.arrayContaining(["duplicate", "delay", "reorder", "slow"]));
  await world.send("DELETE", "/__local/faults");
  await world.advance(HOUR_MS);
  expect(world.status().undelivered).toEqual([]);
  const found = await world.all(carts);
  const linesOf = (place: number) => found.find(cart => cart.cart_id === `cart_${place}`)?.lines.length;
  expect(answers.map(({ status }, place) => [status, linesOf(place)])).toEqual(items.map(() => [202, 1]));
});
