import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { announce } from "../../scripts/test/announce.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import { ledger } from "../../shared/pipeline/records/ledger.ts";
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
/** Returns the payload of the last order.balance_changed of an order. */
const lastBalance = async (orderId: string) =>
  (await world.all(archivedEvents))
    .map(({ event }) => JSON.parse(event))
    .filter(({ order_id, event_type }) => order_id === orderId && event_type === "order.balance_changed")
    .map(({ payload }) => payload)
    .sort((a, b) => b.revision - a.revision)[0];
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

describe("counts a double charge", () => {
  const about = (type: "order.paid" | "refund.issued", name: string, minute: number, payload: object) =>
    anEvent(type, { order_id: `double_${name}`, timestamp: `2025-06-19T10:${minute}:00.000Z`, payload });

  testDeliveries(() => world, {
    reaction: "orders",
    events: name => [
      anEvent("order.placed", { order_id: `double_${name}`, payload: { items, total: 10 } }),
      about("order.paid", name, 10, { payment_id: "p1", amount: 10 }),
      about("order.paid", name, 11, { payment_id: "p2", amount: 10 }),
      about("refund.issued", name, 12, { amount: 10, refund_id: "r1" }),
    ],
    outcome: async name => {
      const { state, paid, refunded, owed_back, still_due } = await shown(`double_${name}`);
      return { state, paid, refunded, owed_back, still_due };
    },
    expected: { state: "paid", paid: 20, refunded: 10, owed_back: 0, still_due: 0 },
  });
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
  // Either order of the two is possible. A payment before the failure keeps the order; a later one is owed back.
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
  expect(await shown(id)).toMatchObject({ state: "placed" });
  // The order is not paid.
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
  const others = [{ currency: "JPY", paid: 1500, refunded: 1500, owed_back: 0, still_due: 0 }];
  const money = { total: 10, currency: "USD", paid: 0, still_due: 10, other_currencies: others };
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

describe("money of outside orders", () => {
  const order = { items: [{ product_id: "cup", quantity: 1, unit_price: 100 }], total: 100, currency: "USD" };
  const paid = (id: string, payment_id: string, amount: number, currency = "USD") =>
    report("order.paid", id, { payment_id, amount, currency });

  test("counts two payments of one amount and ships after one refund", async () => {
    await report("order.placed", "dd1", order);
    await paid("dd1", "p1", 100);
    await paid("dd1", "p2", 100);
    await world.settle();
    expect(await shown("dd1")).toMatchObject({ state: "paid", paid: 200, owed_back: 100 });
    await report("refund.issued", "dd1", { refund_id: "r1", amount: 100, currency: "USD" });
    await world.settle();
    expect(await shown("dd1")).toMatchObject({ state: "paid", refunded: 100, owed_back: 0 });
    expect(await lastBalance("dd1")).toMatchObject({ shipment: "requested", state: "paid" });
  });

  test("refunds both payments of a cancelled order", async () => {
    await report("order.placed", "dd2", order);
    await report("order.cancelled", "dd2", {});
    await paid("dd2", "p1", 100);
    await paid("dd2", "p2", 100);
    await world.settle();
    const refund = (refund_id: string) =>
      world.send("POST", "/orders/dd2/refunds", { refund_id, amount: 100 });
    expect([(await refund("r1")).status, (await refund("r2")).status]).toEqual([201, 201]);
    expect(await shown("dd2")).toMatchObject({ state: "cancelled", refunded: 200, owed_back: 0 });
  });

  test("adds up part payments of two methods", async () => {
    await report("order.placed", "sp1", order);
    await paid("sp1", "g1", 60);
    await paid("sp1", "c1", 40);
    await world.settle();
    expect(await shown("sp1")).toMatchObject({ state: "paid", paid: 100, still_due: 0 });
  });

  test("refunds the share of the items of a discounted order", async () => {
    const items = [{ product_id: "a", quantity: 10, unit_price: 23.9 }];
    await report("order.placed", "di1", {
      items,
      total: 179.25,
      currency: "USD",
      payment_status: "confirmed",
    });
    await world.settle();
    const half = { items: [{ product_id: "a", quantity: 5 }] };
    expect((await world.send("POST", "/orders/di1/refunds", half)).body).toMatchObject({
      state: "paid",
      refunded: 89.63,
      refunds: [{ items: half.items }],
    });
    expect(await lastBalance("di1")).toMatchObject({ held: half.items });
  });

  test("frees the goods when another system refunds everything", async () => {
    const five = [{ product_id: "cup", quantity: 5, unit_price: 50 }];
    await report("order.placed", "oD", { items: five, total: 250 });
    await paid("oD", "p1", 250);
    await report("refund.issued", "oD", { amount: 250 });
    await world.settle();
    expect(await lastBalance("oD")).toMatchObject({ state: "refunded", shipment: "stopped", held: [] });
  });

  test("keeps and names a refund of more than came", async () => {
    await report("order.placed", "oM", order);
    await paid("oM", "p1", 100);
    await report("refund.issued", "oM", { amount: 500 });
    await world.settle();
    expect(await shown("oM")).toMatchObject({ refunded: 500, conflicts: ["refunded-more-than-paid"] });
    expect((await world.send("POST", "/orders/oM/refunds", {})).status).toBe(409);
  });

  test("pays a free order at its placement", async () => {
    await report("order.placed", "free", { ...order, total: 0 });
    await world.settle();
    expect(await lastBalance("free")).toMatchObject({ state: "paid", shipment: "requested" });
  });

  test("undoes a cancellation when an earlier payment becomes known", async () => {
    await report("order.placed", "undo", order, { timestamp: "2026-01-01T10:00:00Z" });
    await report("payment.failed", "undo", { error: "no" }, { timestamp: "2026-01-01T12:00:00Z" });
    await world.settle();
    expect(await shown("undo")).toMatchObject({ state: "cancelled" });
    const time = { timestamp: "2026-01-01T11:00:00Z" };
    await report("order.paid", "undo", { payment_id: "p1", amount: 100, currency: "USD" }, time);
    await world.settle();
    expect(await shown("undo")).toMatchObject({ state: "paid", owed_back: 0 });
    expect(await lastBalance("undo")).toMatchObject({ shipment: "requested", held: [{ quantity: 1 }] });
  });

  test("parks a payment when the sum is too large", async () => {
    const huge = { payment_id: "p1", amount: 9_999_999_999_999, currency: "USD" };
    await report("order.paid", "big", huge);
    await report("order.paid", "big", { ...huge, payment_id: "p2" });
    await world.settle();
    const parked = (await world.all(ledger)).filter(
      ({ state, cause }) => state === "parked" && cause.subject === "big",
    );
    expect(parked.map(({ by, reason }) => [by, reason])).toEqual([
      ["orders", expect.stringContaining("order sum is too large")],
    ]);
    expect(await shown("big")).toMatchObject({ paid: 9_999_999_999_999 });
  });
});

test.each([
  ["order.cancelled", { reason: "theirs" }],
  ["payment.failed", { error: "theirs" }],
  ["refund.issued", { refund_id: "theirs", amount: 500 }],
])("ignores %s about an order of our checkout from another system", async (type, payload) => {
  const id = await order("usr_ours");
  await world.send("POST", `/orders/${id}/payments`, { attempt_id: "a1", status: "paid" });
  await report(type, id, payload);
  await world.settle();
  expect(await shown(id)).toMatchObject({ state: "paid", paid: 10, refunded: 0 });
});

test("counts refunds of two producers under one event id", async () => {
  const order_id = "ord_two_shops";
  await report("order.placed", order_id, { items, total: 10 });
  await report("order.paid", order_id, { payment_id: "p", amount: 10 });
  await world.settle();
  for (const [index, producer] of ["shop_a", "shop_b"].entries()) {
    const payload = { refund_id: undefined, amount: index + 1 };
    await announce(anEvent("refund.issued", { event_id: "evt_same", order_id, payload }), producer);
  }
  await world.settle();
  expect(await shown(order_id)).toMatchObject({ refunded: 3 });
});
