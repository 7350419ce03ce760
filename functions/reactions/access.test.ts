import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { access } from "../../shared/collections.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld(["http/courses", "http/ingest", "reactions/access"]);
});
afterAll(() => world.close());

const bought = (user_id: string, purchase_id: string, course_id?: string) =>
  anEvent("purchase.completed", { user_id, payload: { purchase_id, course_id } });

testDeliveries(() => world, {
  reaction: "access",
  events: name => [
    bought(`u_${name}`, `p1_${name}`, "crs_1"),
    bought(`u_${name}`, `p2_${name}`, "crs_2"),
    anEvent("user.banned", { user_id: `u_${name}` }),
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

test("grants a course once when several purchases name it", async () => {
  for (const purchase_id of ["pur_a", "pur_b"]) await report(bought("u_one", purchase_id, "crs_1"));
  expect((await world.read(access, "u_one"))?.courses).toMatchObject([{ purchase_id: "pur_a" }]);
});

test("grants nothing when another system reports a purchase of this shop", async () => {
  const { body } = await world.send("POST", "/purchases", { user_id: "u_own", course_id: "crs_9" });
  await report(bought("u_thief", body.purchase_id, "crs_9"));
  expect(await world.read(access, "u_thief")).toBeUndefined();
  expect((await world.read(access, "u_own"))?.courses).toHaveLength(1);
});

test("skips a purchase without a course", async () => {
  await report(bought("u_none", "pur_none"));
  const skipped = (await world.ledgerOf("access")).filter(({ cause }) => cause.subject === "u_none");
  expect(skipped).toMatchObject([{ reason: "the purchase has no course_id" }]);
});
