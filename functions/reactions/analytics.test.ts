import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { replayFlags } from "../../scripts/operate/replay-flags.ts";
import { runReplay } from "../../scripts/operate/replay-run.ts";
import { anEvent } from "../../scripts/test/an-event.ts";
import { balanceOf } from "../../scripts/test/balance-of.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import { reportEvent } from "../../scripts/test/report-event.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { readDays } from "../../shared/analytics/read-days.ts";
import { catalogue, definitionOf } from "../../shared/events/catalogue.ts";
import { readGenerations } from "../../shared/pipeline/records/generation.ts";
import type { Tally } from "../../shared/rules/counting/daily-facts.ts";
import { COUNTED_TYPES, mergedChanges } from "../../shared/rules/counting/daily-facts.ts";
import type { OrderState } from "../../shared/rules/order/order-state.ts";
import { DAY_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: World;
let firstDayMs: number;
beforeAll(async () => {
  world = await startWorld(["http/ingest", "reactions/archive", "reactions/analytics", "schedules/sweep"]);
  firstDayMs = world.clock.now();
});
afterAll(() => world.close());

/** Reads the sum of all days so far. */
async function counted(): Promise<Tally> {
  const days: string[] = [];
  for (let ms = firstDayMs; ms <= world.clock.now() + DAY_MS; ms += DAY_MS)
    days.push(new Date(ms).toISOString().slice(0, 10));
  const tallies = await readDays(days);
  return mergedChanges(tallies.map(tally => ({ day: "all", tally })))[0]?.tally ?? {};
}

function difference(all: Tally, before: Tally): Tally {
  const negated = Object.entries(before).map(([name, amount]) => [name, -amount]);
  const changes = [all, Object.fromEntries(negated)].map(tally => ({ day: "all", tally }));
  return mergedChanges(changes)[0]?.tally ?? {};
}

const before = new Map<string, Tally>();

testDeliveries(() => world, {
  reaction: "analytics",
  given: async name => before.set(name, await counted()),
  events: name => {
    const about = { user_id: `usr_${name}`, order_id: `ord_${name}` };
    const placed = { orders: 1, total: 89.99, still_due: 89.99 };
    const paid = { orders: 1, total: 89.99, paid: 89.99, paid_orders: 1 };
    const fact = (revision: number, sums: ReturnType<typeof balanceOf>) =>
      anEvent("order.balance_changed", { ...about, payload: { revision, ...sums } });
    return [
      fact(1, balanceOf(placed)),
      fact(2, balanceOf(paid, placed)),
      // A second system reports the same revision with other fields.
      fact(2, balanceOf(paid, placed)),
      fact(3, balanceOf({ ...paid, refunded: 9.99 }, paid)),
    ];
  },
  outcome: async name => difference(await counted(), before.get(name) ?? {}),
  expected: {
    orders: 1,
    priced_orders_USD: 1,
    sales_minor_USD: 8999,
    paid_orders: 1,
    paid_minor_USD: 8999,
    refunds: 1,
    refunded_minor_USD: 999,
    funnel_order: 1,
    funnel_paid: 1,
  },
});

test("counts every type except browse events, consents and facts in balances", async () => {
  const start = await counted();
  for (const [index, type] of COUNTED_TYPES.entries()) {
    const event_id = `evt_example_${index}`;
    await reportEvent(world, { ...definitionOf(type).example, event_type: type, event_id });
  }
  await world.settle();
  expect(difference(await counted(), start)).toEqual({
    signups: 1,
    bans: 1,
    segment_changes: 1,
    reviews: 1,
    rating_sum: 5,
    cart_adds: 1,
    cart_removals: 1,
    funnel_cart: 1,
    abandoned_carts: 1,
    paid_orders: 1,
    paid_minor_USD: 8999,
    still_due_minor_USD: -8999,
    funnel_paid: 1,
    failed_payments: 1,
    purchases: 1,
    purchased_minor_USD: 4900,
    messages_planned: 1,
    recommendations_updated: 1,
    low_stock_alerts: 1,
  });
  expect([...catalogue.keys()].filter(type => !COUNTED_TYPES.includes(type))).toEqual([
    "product.viewed",
    "search.performed",
    "user.consent_changed",
    "order.placed",
    "order.paid",
    "order.cancelled",
    "refund.issued",
    "order.dispatched",
    "order.delivered",
  ]);
});

test("counts funnel steps once per shopper, and orders without a total", async () => {
  const start = await counted();
  const item = { product_id: "p", quantity: 2 };
  const add = anEvent("cart.item_added", { user_id: "usr_twice", session_id: "s", payload: item });
  const order = (order_id: string, total?: number) => {
    const { balances, changes } = balanceOf({ orders: 1, total: total ?? 0 });
    const known = balances.map(sums => ({ ...sums, total }));
    const payload = { revision: 1, previous_state: undefined, balances: known, changes };
    return anEvent("order.balance_changed", { user_id: "usr_twice", order_id, payload });
  };
  for (const report of [add, add, order("ord_a", 5), order("ord_b"), order("ord_c")])
    await reportEvent(world, report);
  await world.settle();
  expect(difference(await counted(), start)).toEqual({
    cart_adds: 2,
    funnel_cart: 1,
    orders: 3,
    priced_orders_USD: 1,
    sales_minor_USD: 500,
    unpriced_orders: 2,
    funnel_order: 1,
  });
});

test("takes a cancellation back when a payment revives the order", async () => {
  const start = await counted();
  const change = async (revision: number, previous_state: OrderState, state: OrderState) => {
    const payload = {
      revision,
      previous_state,
      state,
      balances: balanceOf({ orders: 1 }).balances,
      changes: [],
    };
    const event = anEvent("order.balance_changed", { order_id: "ord_back", user_id: undefined, payload });
    await reportEvent(world, event);
  };
  await change(2, "placed", "cancelled");
  await world.settle();
  expect(difference(await counted(), start)).toEqual({ cancellations: 1 });
  await change(3, "cancelled", "paid");
  await world.settle();
  expect(difference(await counted(), start)).toEqual({});
});

test("yields the same numbers when it is rebuilt from the archive", async () => {
  const live = await counted();
  const io = { out: () => undefined, note: () => undefined, signal: new AbortController().signal };
  const flags = replayFlags(["--reaction", "analytics", "--rebuild", "--rate", "500", "--who", "ann"]);
  const declarations = world.functions.map(({ declaration }) => declaration);
  await runReplay(flags, { io, declarations, pause: () => world.advance(2 * MINUTE_MS) });
  expect((await readGenerations("analytics")).live).toBe(2);
  expect(await counted()).toEqual(live);
});

test("parks an amount that is impossible in its currency", async () => {
  const odd = { user_id: undefined, payload: { purchase_id: "ord_odd", amount: 9.999 } };
  await world.send("POST", "/events/ingest", anEvent("purchase.completed", odd));
  await world.settle();
  const entries = (await world.ledgerOf("analytics")).filter(({ cause }) => cause.subject === "ord_odd");
  // The entry belongs to the generation that the previous test made live.
  expect(entries.map(({ state }) => state)).toEqual(["parked"]);
});
