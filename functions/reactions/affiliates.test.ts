import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";

import { affiliates, commissions } from "../../shared/collections.ts";

let world: World;
beforeAll(async () => {
  const needed = ["http/ingest", "reactions/affiliates"];
  world = await startWorld(needed);
});
afterAll(() => world.close());

const bought = (name: string, fields: object = {}) =>
  ({
    event_type: "purchase.completed",
    user_id: `u_${name}`,
    payload: {
      purchase_id: `p_${name}`,
      amount: 49.99,
      currency: "USD",
      affiliate_id: `aff_${name}`,
      ...fields,
    },
  }) as const;

testDeliveries(() => world, {
  reaction: "affiliates",
  // Two systems report the same purchase.
  events: name => [bought(name), bought(name, { course_id: "crs_1" })],
  outcome: async name => ({
    total: await world.read(affiliates, `aff_${name}`),
    commission: (await world.read(commissions, `p_${name}`))?.commission_minor,
  }),
  expected: { total: { purchases: 1, USD: 499 }, commission: 499 },
});

async function endOf(event: ReturnType<typeof bought>) {
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
  await world.settle();
  return (await world.ledgerOf("affiliates")).find(({ cause }) => cause.subject === event.user_id);
}

test("adds up what an affiliate earned, each currency for itself", async () => {
  for (const [name, currency] of [
    ["one", "USD"],
    ["two", "USD"],
    ["three", "JPY"],
  ] as const)
    await endOf(bought(name, { affiliate_id: "aff_sum", amount: 100, currency }));
  expect(await world.read(affiliates, "aff_sum")).toEqual({ purchases: 3, USD: 2000, JPY: 10 });
});

test("skips a buyer nobody brought, and parks a share of an amount nobody named", async () => {
  const { affiliate_id: _none, ...alone } = bought("alone").payload;
  expect(await endOf({ ...bought("alone"), payload: { ...alone } as never })).toMatchObject({
    state: "skipped",
  });
  const { amount: _unsaid, ...unpriced } = bought("unpriced").payload;
  expect(await endOf({ ...bought("unpriced"), payload: { ...unpriced } as never })).toMatchObject({
    state: "parked",
    reason: expect.stringContaining("no amount to take a share of"),
  });
});
