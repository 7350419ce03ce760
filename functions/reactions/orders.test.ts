import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import { SECOND_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    "http/ingest",
    "http/checkout",
    "http/products",
    "reactions/archive",
    "reactions/orders",
    "reactions/inventory",
    "reactions/shipping",
    "timers/check-stock",
  ]);
  await world.send("PUT", "/products/cup", { name: "Cup", price: 5, stock: 100 });
});
afterAll(() => world.close());

const shown = async (id: string) => (await world.send("GET", `/orders/${id}`)).body;
const report = (event_type: string, order_id: string, payload: object, more: object = {}) =>
  world.send("POST", "/events/ingest", { event_type, order_id, payload, ...more });
const typesAbout = async (orderId: string) =>
  (await world.all(archivedEvents))
    .map(({ event }) => JSON.parse(event))
    .filter(event => event.order_id === orderId)
    .map(event => event.event_type)
    .filter(type => type !== "order.balance_changed")
    .sort();
const items = [{ product_id: "cup", quantity: 2, unit_price: 5 }];

async function order(userId: string): Promise<string> {
  const placed = await world.send("POST", "/orders", { user_id: userId, items });
  expect(placed.status).toBe(201);
  return placed.body.order_id;
}

testDeliveries(() => world, {
  reaction: "orders",
  events: name => [
    anEvent("order.placed", { order_id: `ord_${name}`, payload: { items, total: 10 } }),
    anEvent("order.paid", { order_id: `ord_${name}`, payload: { amount: 10 } }),
    anEvent("refund.issued", { order_id: `ord_${name}`, payload: { amount: 4, refund_id: "r1" } }),
  ],
  outcome: async name => {
    const { state, source, total, paid, refunded, items } = await shown(`ord_${name}`);
    return { state, source, total, paid, refunded, items };
  },
  expected: { state: "paid", source: "outside", total: 10, paid: 10, refunded: 4, items },
});

test("cancels an order and returns its items when the latest payment failed", async () => {
  await world.send("PUT", "/products/pan", { name: "Pan", price: 30, stock: 10 });
  const pans = { user_id: "usr_fail", items: [{ product_id: "pan", quantity: 2 }] };
  const { order_id: id } = (await world.send("POST", "/orders", pans)).body;
  const failed = { attempt_id: "a1", status: "failed", error: "insufficient funds" };
  expect((await world.send("POST", `/orders/${id}/payments`, failed)).status).toBe(201);
  await world.settle();
  expect(await shown(id)).toMatchObject({ state: "cancelled", cancel_reason: "the payment failed" });
  expect((await world.send("GET", "/products/pan")).body.stock).toBe(10);
  expect(await typesAbout(id)).toEqual(["order.cancelled", "order.placed", "payment.failed"]);
});

test("keeps an order when a later attempt succeeded", async () => {
  const id = await order("usr_retry");
  const pay = (body: object) => world.send("POST", `/orders/${id}/payments`, body);
  const sent = await Promise.all([
    pay({ attempt_id: "a1", status: "failed", error: "card expired" }),
    pay({ attempt_id: "a2", status: "paid" }),
  ]);
  await world.settle();
  // Either order of the two is possible: a paid order is not cancelled, a cancelled order keeps the money.
  expect(sent[1]?.status).toBe(201);
  const after = await shown(id);
  expect([["paid", "cancelled"].includes(after.state), after.paid]).toEqual([true, 10]);
  const late = { attempt_id: "a1", error: "card expired" };
  const other = await order("usr_retry2");
  await world.send("POST", `/orders/${other}/payments`, { attempt_id: "a2", status: "paid" });
  await report("payment.failed", other, late, { timestamp: "2025-01-01T00:00:00Z" });
  await world.settle();
  expect(await shown(other)).toMatchObject({ state: "paid" });
});

test("cancels an outside order when its payment failure arrives first", async () => {
  await report("payment.failed", "456", { error: "insufficient funds" });
  await world.settle();
  await report("OrderCreated", "456", { items }, { user_id: "123" });
  await world.settle();
  await world.advance(15 * SECOND_MS);
  expect(await shown("456")).toMatchObject({ state: "cancelled", source: "outside" });
  expect(await typesAbout("456")).toEqual(["order.cancelled", "order.placed", "payment.failed"]);
});

test("ignores payments of our orders when another system reports them", async () => {
  const id = await order("usr_foreign");
  await report("order.paid", id, { amount: 1 });
  await report("order.placed", id, { items, payment_status: "confirmed" });
  await world.settle();
  expect(await shown(id)).toMatchObject({ state: "placed", shipment: "waiting" });
  expect((await world.send("POST", `/orders/${id}/dispatch`, {})).status).toBe(409);
  const paid = { attempt_id: "a1", status: "paid" };
  expect((await world.send("POST", `/orders/${id}/payments`, paid)).status).toBe(201);
  await world.settle();
  expect(await shown(id)).toMatchObject({ state: "paid", paid: 10, shipment: "requested" });
});

test("keeps and refunds a payment in its own currency", async () => {
  await report("order.paid", "ord_yen", { amount: 1500, currency: "JPY" });
  await world.settle();
  expect(await shown("ord_yen")).toMatchObject({ state: "paid", paid: 1500, currency: "JPY" });
  expect((await world.send("POST", "/orders/ord_yen/refunds", {})).status).toBe(201);
  await report("order.placed", "ord_yen", { items, total: 10 });
  await world.settle();
  const money = { total: 10, currency: "USD", paid: 1500, refunded: 1500, paid_currency: "JPY" };
  expect(await shown("ord_yen")).toMatchObject({ state: "placed", ...money });
  const announced = (await world.all(archivedEvents)).map(({ event }) => JSON.parse(event));
  const refund = announced.find(
    event => event.event_type === "refund.issued" && event.order_id === "ord_yen",
  );
  expect(refund?.payload).toMatchObject({ amount: 1500, currency: "JPY" });
});

test("announces a confirmed payment of a reported order once", async () => {
  const payload = { items, payment_status: "confirmed" };
  await report("order.placed", "ord_conf", payload, { user_id: "usr_conf" });
  await report("order.placed", "ord_conf", payload, { user_id: "usr_conf" });
  await world.settle();
  expect(await shown("ord_conf")).toMatchObject({ state: "paid", paid: 10 });
  expect(await typesAbout("ord_conf")).toEqual(["order.paid", "order.placed", "order.placed"]);
});

test("announces every change of a balance once and adds up", async () => {
  const id = await order("usr_sums");
  await world.send("POST", `/orders/${id}/payments`, { attempt_id: "a1", status: "paid" });
  await world.send("POST", `/orders/${id}/refunds`, { refund_id: "r1", amount: 4 });
  await world.settle();
  const facts = (await world.all(archivedEvents))
    .map(({ event }) => JSON.parse(event))
    .filter(event => event.order_id === id && event.event_type === "order.balance_changed")
    .map(({ payload }) => payload)
    .sort((a, b) => a.revision - b.revision);
  expect(facts.map(({ revision, state }) => [revision, state])).toEqual([
    [1, "placed"],
    [2, "paid"],
    [3, "paid"],
  ]);
  const sums = { total: 10, paid: 10, refunded: 4, orders: 1, paid_orders: 1, still_due: 0 };
  expect(facts[2].balances).toMatchObject([sums]);
  const added = (name: string) => facts.reduce((sum, { changes }) => sum + (changes[0]?.[name] ?? 0), 0);
  for (const [name, sum] of Object.entries(sums)) expect([name, added(name)]).toEqual([name, sum]);
});
