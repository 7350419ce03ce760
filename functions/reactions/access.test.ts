import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";

import { access } from "../../shared/collections.ts";

let world: World;
beforeAll(async () => {
  const needed = ["http/courses", "http/ingest", "reactions/access"];
  world = await startWorld(needed);
});
afterAll(() => world.close());

testDeliveries(() => world, {
  reaction: "access",
  events: name => [
    {
      event_type: "purchase.completed",
      user_id: `u_${name}`,
      payload: { purchase_id: `p1_${name}`, course_id: "crs_1" },
    },
    {
      event_type: "purchase.completed",
      user_id: `u_${name}`,
      payload: { purchase_id: `p2_${name}`, course_id: "crs_2" },
    },
    { event_type: "user.banned", user_id: `u_${name}`, payload: { reason: "spam", banned_by: "admin" } },
  ],
  outcome: async name => {
    const { blocked, courses = [] } = (await world.read(access, `u_${name}`)) ?? {};
    return { blocked, courses: courses.map(({ course_id }) => course_id).sort() };
  },
  expected: { blocked: true, courses: ["crs_1", "crs_2"] },
});

async function report(event: object): Promise<void> {
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
  await world.settle();
}

test("grants a course once, however often it is bought", async () => {
  for (const purchase_id of ["pur_a", "pur_b"])
    await report({
      event_type: "purchase.completed",
      user_id: "u_one",
      payload: { purchase_id, course_id: "crs_1" },
    });
  expect((await world.read(access, "u_one"))?.courses).toMatchObject([{ purchase_id: "pur_a" }]);
});

test("finds out from the purchase what its announcement leaves out", async () => {
  const { body } = await world.send("POST", "/purchases", { user_id: "u_short", course_id: "crs_9" });
  const payload = { purchase_id: body.purchase_id };
  await report({ event_type: "purchase.completed", payload });
  expect((await world.read(access, "u_short"))?.courses).toHaveLength(1);
  await report({
    event_type: "purchase.completed",
    user_id: "u_short",
    payload: { purchase_id: "pur_none" },
  });
  const skipped = (await world.ledgerOf("access")).filter(({ state }) => state === "skipped");
  expect(skipped).toMatchObject([{ reason: "it names no course" }]);
});
