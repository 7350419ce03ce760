import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { affiliates, commissions } from "../../shared/collections.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld(["http/ingest", "reactions/affiliates"]);
});
afterAll(() => world.close());

const bought = (name: string, fields: object = {}) =>
  anEvent("purchase.completed", {
    user_id: `u_${name}`,
    payload: { purchase_id: `p_${name}`, amount: 49.99, affiliate_id: `aff_${name}`, ...fields },
  });

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

/** Reports an event and returns its ledger entry. */
async function entryOf(event: ReturnType<typeof bought>) {
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
  await world.settle();
  return (await world.ledgerOf("affiliates")).find(({ cause }) => cause.subject === event["user_id"]);
}

test("adds up the commissions of an affiliate per currency", async () => {
  for (const [name, currency] of [
    ["one", "USD"],
    ["two", "USD"],
    ["three", "JPY"],
  ] as const)
    await entryOf(bought(name, { affiliate_id: "aff_sum", amount: 100, currency }));
  expect(await world.read(affiliates, "aff_sum")).toEqual({ purchases: 3, USD: 2000, JPY: 10 });
});

test("skips a purchase without an affiliate", async () => {
  const entry = await entryOf(bought("alone", { affiliate_id: undefined }));
  expect(entry).toMatchObject({ state: "skipped" });
});

test.each([
  ["priced", 49.99],
  ["unpriced", undefined],
])("credits no commission to the buyer for a purchase that is %s", async (name, amount) => {
  const entry = await entryOf(bought(`own_${name}`, { affiliate_id: `u_own_${name}`, amount }));
  expect(entry).toMatchObject({
    state: "skipped",
    reason: "the buyer and the affiliate are the same user",
  });
  expect(await world.read(affiliates, `u_own_${name}`)).toBeUndefined();
  expect(await world.read(commissions, `p_own_${name}`)).toBeUndefined();
});

test("parks a purchase with an affiliate when the amount is missing", async () => {
  const entry = await entryOf(bought("unpriced", { amount: undefined }));
  expect(entry).toMatchObject({ state: "parked", reason: expect.stringContaining("no amount") });
});
