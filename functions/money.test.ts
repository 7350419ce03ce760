import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createDraws } from "../scripts/local-cloud/faults/fault-draws.ts";
import type { DayCloseWorld } from "../scripts/test/worlds/day-close.ts";
import { dayCloseWorld } from "../scripts/test/worlds/day-close.ts";
import { contacts, orders, segments, shipments, stockMoves } from "../shared/collections.ts";
import type { DayReport } from "../shared/day-close/closing/day-report-types.ts";
import type { Balance } from "../shared/rules/order/balance.ts";
import { balancesOf, heldItems, shipmentOf } from "../shared/rules/order/balance.ts";
import type { Order } from "../shared/rules/order/order.ts";
import { fromMinor } from "../shared/values/money.ts";

const ORDERS = 12;

let world: DayCloseWorld;
let report: DayReport;
let all: Order[];
beforeAll(async () => {
  world = await dayCloseWorld(async shop => {
    await shop.send("PUT", "/products/mug", { name: "Mug", price: 12.5, stock: 1000 });
    const { draw } = createDraws(7);
    const pick = (most: number) => Math.floor(draw("story") * most);
    const facts = Array.from({ length: ORDERS }, (_, n) => factsAbout(n, pick)).flat();
    // Each third fact comes twice, and all facts come in a random order.
    const sent = [...facts, ...facts.filter((_, n) => n % 3 === 0)];
    const ranked = sent.map(fact => ({ fact, rank: draw("order") })).sort((a, b) => a.rank - b.rank);
    for (const { fact } of ranked) await shop.report(fact);
    await shop.settle();
  });
  all = (await world.all(orders)).filter(({ source }) => source !== "unconfirmed");
  report = await world.closeDay();
});
afterAll(() => world.close());

/** Builds the facts about one order: payments in parts, twice, by claim or in another currency, refunds, cancellation. */
function factsAbout(n: number, pick: (most: number) => number): object[] {
  const about = { order_id: `ord_${n}`, ...(n % 4 === 0 ? {} : { user_id: `usr_${n % 3}` }) };
  const quantity = 1 + pick(4);
  const items = [{ product_id: "mug", quantity, unit_price: 12.5 }];
  const total = n % 5 === 0 ? undefined : quantity * 12.5 - pick(3);
  const payments = Array.from({ length: pick(4) }, (_, index) => ({
    event_type: "order.paid",
    ...about,
    payload: {
      payment_id: index === 3 ? undefined : `pay_${n}_${index}`,
      amount: 1 + pick(60),
      currency: index === 2 ? "JPY" : "USD",
    },
  }));
  const refunds = Array.from({ length: pick(3) }, (_, index) => ({
    event_type: "refund.issued",
    ...about,
    payload: { refund_id: `ref_${n}_${index}`, amount: 1 + pick(20), currency: "USD" },
  }));
  const cancelled = { event_type: "order.cancelled", ...about, payload: { reason: "changed my mind" } };
  const placed = { event_type: "order.placed", ...about, payload: { items, total, currency: "USD" } };
  return [placed, ...payments, ...refunds, ...(pick(4) === 0 ? [cancelled] : [])];
}

type SumName = Exclude<keyof Balance, "currency" | "orders" | "paid_orders">;

/** Adds up a sum of the orders by currency, as a decimal. Currencies with 0 are left out. */
function sumsOf(name: SumName, some: readonly Order[] = all): Record<string, number> {
  const sums = new Map<string, number>();
  for (const balance of some.flatMap(balancesOf))
    sums.set(balance.currency, (sums.get(balance.currency) ?? 0) + (balance[name] ?? 0));
  return Object.fromEntries(
    [...sums].filter(([, sum]) => sum !== 0).map(([code, sum]) => [code, fromMinor(sum, code)]),
  );
}

function countOf(name: "orders" | "paid_orders", some: readonly Order[] = all): number {
  return some.flatMap(balancesOf).reduce((sum, balance) => sum + balance[name], 0);
}

const withoutZeros = (amounts: Record<string, number>) =>
  Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== 0));

test("adds up to the balances of all orders in analytics and report", async () => {
  expect(all).toHaveLength(ORDERS);
  // The story has orders in several states, and money to give back.
  expect(new Set(all.map(({ state }) => state)).size).toBeGreaterThanOrEqual(3);
  expect(sumsOf("owed_back_minor")).toMatchObject({ USD: expect.any(Number), JPY: expect.any(Number) });
  const analytics = (await world.send("GET", `/analytics/${world.day}`)).body;
  for (const numbers of [analytics, JSON.parse(report.numbers)]) {
    const counted = ["sales", "paid", "refunded", "owed_back", "still_due"].map(name =>
      withoutZeros(numbers[name]),
    );
    const names = [
      "total_minor",
      "paid_minor",
      "refunded_minor",
      "owed_back_minor",
      "still_due_minor",
    ] as const;
    expect(counted).toEqual(names.map(name => sumsOf(name)));
    expect([numbers.orders, numbers.paid_orders]).toEqual([countOf("orders"), countOf("paid_orders")]);
    expect(numbers.cancellations).toBe(all.filter(({ state }) => state === "cancelled").length);
  }
});

test("adds up to the orders of each customer in contact and segment", async () => {
  for (const user_id of ["usr_0", "usr_1", "usr_2"]) {
    const own = all.filter(order => order.user_id === user_id);
    const net = new Map<string, number>();
    for (const { currency, paid_minor, refunded_minor } of own.flatMap(balancesOf))
      net.set(currency, (net.get(currency) ?? 0) + paid_minor - refunded_minor);
    const spent_minor = withoutZeros(Object.fromEntries(net));
    expect(await world.read(contacts, user_id)).toMatchObject({ orders: own.length });
    expect((await world.read(contacts, user_id))?.spent_minor).toEqual(spent_minor);
    const segment = await world.read(segments, user_id);
    expect(segment?.net_minor ?? {}).toEqual(spent_minor);
    expect(segment?.orders ?? 0).toBe(countOf("paid_orders", own));
  }
});

test("holds the units and requests the parcels that the orders state", async () => {
  const sum = (items: readonly { quantity: number }[]) =>
    items.reduce((all, { quantity }) => all + quantity, 0);
  for (const order of all) {
    expect(await world.read(shipments, order.order_id)).toMatchObject({ state: shipmentOf(order) });
    expect((await world.read(stockMoves, order.order_id))?.held ?? []).toEqual(heldItems(order));
  }
  const { stock } = (await world.send("GET", "/products/mug")).body;
  expect(stock).toBe(1000 - sum(all.flatMap(heldItems)));
});

test("finds no difference when the day is closed", () => {
  const kinds = report.findings.filter(({ kind }) => ["money", "stock", "contact", "counter"].includes(kind));
  const refunded = all.filter(({ conflicts }) => conflicts.length > 0).map(({ order_id }) => order_id);
  expect(kinds.filter(({ about }) => !refunded.some(id => about.startsWith(id)))).toEqual([]);
});
