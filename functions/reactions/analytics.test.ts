import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { replayFlags } from "../../scripts/operate/replay-flags.ts";
import { runReplay } from "../../scripts/operate/replay-run.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { readDays } from "../../shared/analytics/read-days.ts";
import { catalogue } from "../../shared/events/catalogue.ts";
import { readGenerations } from "../../shared/pipeline/records/generation.ts";
import type { Tally } from "../../shared/rules/counting/daily-facts.ts";
import { COUNTED_TYPES, mergedChanges } from "../../shared/rules/counting/daily-facts.ts";
import { DAY_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: World;
let firstDayMs: number;
beforeAll(async () => {
  const files = ["http/ingest", "reactions/archive", "reactions/analytics", "schedules/sweep"];
  world = await startWorld(files);
  firstDayMs = world.clock.now();
});
afterAll(() => world.close());

/** What was counted on any day so far. */
async function counted(): Promise<Tally> {
  const days: string[] = [];
  for (let ms = firstDayMs; ms <= world.clock.now() + DAY_MS; ms += DAY_MS)
    days.push(new Date(ms).toISOString().slice(0, 10));
  const tallies = await readDays(days);
  return mergedChanges(tallies.map(tally => ({ day: "all", tally })))[0]?.tally ?? {};
}

function less(all: Tally, before: Tally): Tally {
  const taken = Object.entries(before).map(([name, amount]) => [name, -amount]);
  const changes = [all, Object.fromEntries(taken)].map(tally => ({ day: "all", tally }));
  return mergedChanges(changes)[0]?.tally ?? {};
}

const before = new Map<string, Tally>();

testDeliveries(() => world, {
  reaction: "analytics",
  given: async name => before.set(name, await counted()),
  events: name => {
    const about = { user_id: `usr_${name}`, order_id: `ord_${name}` };
    const paid = { amount: 89.99, currency: "USD" };
    return [
      { event_type: "order.paid", ...about, payload: paid },
      // Two other systems tell of one payment, each in its own words.
      { event_type: "order.paid", ...about, payload: { ...paid, payment_id: "pay_1" } },
      { event_type: "refund.issued", ...about, payload: { refund_id: `ref_${name}`, amount: 9.99 } },
    ];
  },
  outcome: async name => less(await counted(), before.get(name) ?? {}),
  expected: {
    paid_orders: 1,
    paid_minor_USD: 8999,
    refunds: 1,
    refunded_minor_USD: 999,
    funnel_paid: 1,
  },
});

test("counts something of every type but the flood", async () => {
  const start = await counted();
  for (const [index, type] of COUNTED_TYPES.entries()) {
    const example = { ...catalogue.get(type)?.example, event_id: `evt_example_${index}` };
    expect((await world.send("POST", "/events/ingest", example)).status).toBe(202);
  }
  await world.settle();
  expect(less(await counted(), start)).toEqual({
    signups: 1,
    bans: 1,
    segment_changes: 1,
    reviews: 1,
    rating_sum: 5,
    cart_adds: 1,
    cart_removals: 1,
    funnel_cart: 1,
    abandoned_carts: 1,
    orders: 1,
    sales_minor_USD: 8999,
    funnel_order: 1,
    paid_orders: 1,
    paid_minor_USD: 8999,
    funnel_paid: 1,
    cancellations: 1,
    failed_payments: 1,
    refunds: 1,
    refunded_minor_USD: 8999,
    purchases: 1,
    purchased_minor_USD: 4900,
    messages_planned: 1,
    recommendations_updated: 1,
    low_stock_alerts: 1,
  });
  expect([...catalogue.keys()].filter(type => !COUNTED_TYPES.includes(type))).toEqual([
    "product.viewed",
    "search.performed",
  ]);
});

test("counts a shopper once for a day's step, and what an order's items cost where it names no total", async () => {
  const start = await counted();
  const item = { product_id: "p", quantity: 2 };
  const add = { event_type: "cart.item_added", user_id: "usr_twice", session_id: "s", payload: item };
  const order = (order_id: string, items: object[]) => ({
    event_type: "order.placed",
    user_id: "usr_twice",
    order_id,
    payload: { items, currency: "EUR" },
  });
  const priced = { ...item, unit_price: 1.25 };
  const reports = [
    add,
    add,
    order("ord_a", [priced, priced]),
    order("ord_b", [priced, item]),
    order("ord_c", [{ ...item, unit_price: 1.255 }]),
  ];
  for (const report of reports) await world.send("POST", "/events/ingest", report);
  await world.settle();
  expect(less(await counted(), start)).toEqual({
    cart_adds: 2,
    funnel_cart: 1,
    orders: 3,
    sales_minor_EUR: 500,
    unpriced_orders: 2,
    funnel_order: 1,
  });
});

test("comes out the same when it is built anew from the archive", async () => {
  const live = await counted();
  const io = { out: () => undefined, note: () => undefined, signal: new AbortController().signal };
  const flags = replayFlags(["--reaction", "analytics", "--rebuild", "--rate", "500", "--who", "ann"]);
  const declarations = world.functions.map(({ declaration }) => declaration);
  await runReplay(flags, { io, declarations, pause: () => world.advance(2 * MINUTE_MS) });
  expect((await readGenerations("analytics")).live).toBe(2);
  expect(await counted()).toEqual(live);
});

test("sets an amount aside that its currency cannot have", async () => {
  const payload = { amount: 9.999, currency: "USD" };
  await world.send("POST", "/events/ingest", { event_type: "order.paid", order_id: "ord_odd", payload });
  await world.settle();
  const entries = (await world.ledgerOf("analytics")).filter(({ cause }) => cause.subject === "ord_odd");
  // In the generation that the test before has made live.
  expect(entries.map(({ state }) => state)).toEqual(["parked"]);
});
