import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { announce } from "../../scripts/test/announce.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { orders, shipments, users } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import type { Order } from "../../shared/rules/order/order.ts";
import { newOrder } from "../../shared/rules/order/order.ts";
import { DAY_MS } from "../../shared/values/durations.ts";

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

const held = [{ product_id: "cup", quantity: 1 }];
const DISPATCH_FIRST = ["order.dispatched", "order.cancelled"];
const LIVE = { state: "paid", shipment: "left", stored: "left" };

testDeliveries(() => world, {
  reaction: "shipping",
  announcedBy: "checkout",
  events: name => {
    const order_id = `ord_${name}`;
    return [
      anEvent("order.balance_changed", { order_id, payload: { revision: 1, shipment: "waiting", held } }),
      anEvent("order.balance_changed", { order_id, payload: { revision: 2, shipment: "stopped", held: [] } }),
      anEvent("order.balance_changed", { order_id, payload: { revision: 3, shipment: "requested", held } }),
    ];
  },
  outcome: async name => {
    const { state, revision, items } = (await world.read(shipments, `ord_${name}`)) ?? {};
    return { state, revision, items };
  },
  expected: { state: "requested", revision: 3, items: held },
});

const shown = async (id: string) => (await world.send("GET", `/orders/${id}`)).body;
const dispatch = (id: string, body: object = {}) => world.send("POST", `/orders/${id}/dispatch`, body);
const report = async (event_type: string, order_id: string, fields: object = {}) => {
  await world.send("POST", "/events/ingest", { event_type, order_id, payload: {}, ...fields });
  await world.settle();
};

async function paidOrder(product_id = "cup", quantity = 1): Promise<string> {
  const items = [{ product_id, quantity }];
  const { body } = await world.send("POST", "/orders", { user_id: "usr_ship", items });
  await world.send("POST", `/orders/${body.order_id}/payments`, { attempt_id: "a", status: "paid" });
  await world.settle();
  return body.order_id;
}

const announced = async (type: string, orderId: string) =>
  (await world.all(archivedEvents))
    .map(({ event }) => JSON.parse(event))
    .filter(({ event_type, order_id }) => event_type === type && order_id === orderId);

describe("shipments", () => {
  test("ignores a balance that another system reports", async () => {
    const id = await paidOrder();
    const payload = { revision: 99, shipment: "stopped" as const, held: [] };
    await world.send("POST", "/events/ingest", anEvent("order.balance_changed", { order_id: id, payload }));
    await world.settle();
    expect(await world.read(shipments, id)).toMatchObject({ state: "requested", revision: 2 });
  });

  test("requests the shipment of a free order", async () => {
    const balance = {
      currency: "USD",
      orders: 1,
      total: 0,
      paid: 0,
      refunded: 0,
      owed_back: 0,
      still_due: 0,
    };
    const payload = {
      ...{ revision: 1, state: "paid" as const, previous_state: undefined, held },
      ...{ balances: [{ ...balance, paid_orders: 1 }], shipment: "requested" as const },
    };
    await announce(anEvent("order.balance_changed", { order_id: "ord_free", payload }), "checkout");
    await world.settle();
    expect(await world.read(shipments, "ord_free")).toMatchObject({ state: "requested", items: held });
    const free: Order = { ...newOrder("ord_free", { currency: "USD", atMs: 1 }), source: "checkout" };
    await documentRef(orders, "ord_free").set({ ...free, ...payload, total_minor: 0, items: held });
    expect((await dispatch("ord_free")).status).toBe(200);
  });

  test("keeps the time of the request when money goes back", async () => {
    const id = await paidOrder("cup", 2);
    const before = await world.read(shipments, id);
    expect(before?.since_ms).toBeGreaterThan(0);
    await world.advanceUnswept(DAY_MS);
    await world.send("POST", `/orders/${id}/refunds`, { items: [{ product_id: "cup", quantity: 1 }] });
    await world.settle();
    const after = await world.read(shipments, id);
    expect(after).toMatchObject({ state: "requested", since_ms: before?.since_ms });
    expect(after?.revision).toBeGreaterThan(before?.revision ?? 0);
    await dispatch(id);
    await world.settle();
    expect((await world.read(shipments, id))?.since_ms).toBeGreaterThan((before?.since_ms ?? 0) + DAY_MS / 2);
  });

  test("dispatches an order whose shipment document was deleted", async () => {
    const id = await paidOrder();
    await documentRef(shipments, id).delete();
    expect((await shown(id)).shipment).toBe("requested");
    expect((await dispatch(id)).status).toBe(200);
    await world.settle();
    expect(await world.read(shipments, id)).toMatchObject({ state: "left", items: held });
  });
});

describe("dispatches", () => {
  const tracking = { carrier: "DHL", tracking_number: "0034", tracking_url: "https://dhl.example/0034" };

  test("shows a dispatch and announces it once with its tracking", async () => {
    const id = await paidOrder();
    expect(await shown(id)).toMatchObject({ shipment: "requested" });
    const answers = await Promise.all([1, 2, 3].map(() => dispatch(id, tracking)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const other = await dispatch(id, { ...tracking, tracking_number: "0035" });
    expect(other).toMatchObject({ status: 409, body: { detail: "The shipment has left already." } });
    await world.settle();
    const dispatched_at = expect.stringMatching(/^20/);
    expect(await shown(id)).toMatchObject({ state: "paid", shipment: "left", ...tracking, dispatched_at });
    expect(await announced("order.dispatched", id)).toMatchObject([
      { payload: { ...tracking, items: held } },
    ]);
  });

  test("points at a tracking that is no tracking", async () => {
    const id = await paidOrder();
    const wrong = {
      carrier: "",
      tracking_number: "two\nlines",
      tracking_url: "javascript:alert(1)",
      weight: 1,
    };
    const refused = await dispatch(id, wrong);
    const pointers = refused.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect([refused.status, pointers.sort()]).toEqual([
      422,
      ["/carrier", "/tracking_number", "/tracking_url", "/weight"],
    ]);
    expect(JSON.stringify(refused.body)).not.toMatch(/two|alert/);
  });

  test("stores no tracking of an erased buyer", async () => {
    const items = [{ product_id: "cup", quantity: 1 }];
    const { body } = await world.send("POST", "/orders", { user_id: "usr_erased", items });
    await world.send("POST", `/orders/${body.order_id}/payments`, { attempt_id: "a", status: "paid" });
    await documentRef(users, "usr_erased").set({ user_id: "usr_erased", erased_at_ms: 1 });
    expect((await dispatch(body.order_id, tracking)).status).toBe(410);
    expect((await dispatch(body.order_id, { carrier: "DHL" })).status).toBe(200);
  });

  test("commits only one of a dispatch and a concurrent cancellation", async () => {
    for (const round of [0, 1, 2]) {
      const id = await paidOrder();
      const concurrent = ["cancel", "dispatch"].map(action =>
        world.send("POST", `/orders/${id}/${action}`, {}),
      );
      const statuses = (await Promise.all(concurrent)).map(({ status }) => status);
      expect([round, ...statuses.sort()]).toEqual([round, 200, 409]);
      const { state, shipment } = await shown(id);
      expect([round, `${state} ${shipment}`]).toEqual([
        round,
        expect.stringMatching(/^(paid left|cancelled stopped)$/),
      ]);
    }
  });

  test("refuses an unknown, an unpaid and a cancelled order", async () => {
    const unpaid = await world.send("POST", "/orders", { user_id: "usr_ship", items: held });
    const cancelled = await paidOrder();
    await world.send("POST", `/orders/${cancelled}/cancel`, {});
    const answers = await Promise.all(["none", unpaid.body.order_id, cancelled].map(id => dispatch(id)));
    expect(answers.map(({ status }) => status)).toEqual([404, 409, 409]);
    expect(answers[2]?.body.type).toContain("shipment-state");
  });
});

describe("parcels that have left", () => {
  test("keeps its order live and its units when a cancellation comes", async () => {
    await world.send("PUT", "/products/bowl", { name: "Bowl", price: 5, stock: 10 });
    const stock = async () => (await world.send("GET", "/products/bowl")).body.stock;
    const id = await paidOrder("bowl", 3);
    await dispatch(id);
    expect((await world.send("POST", `/orders/${id}/cancel`, {})).body.detail).toContain("has left");
    await report("order.cancelled", id);
    await world.settle();
    expect(await shown(id)).toMatchObject({ state: "paid", shipment: "left" });
    expect(await stock()).toBe(7);
    const named = { amount: 15, items: [{ product_id: "bowl", quantity: 1 }] };
    await world.send("POST", `/orders/${id}/refunds`, named);
    await world.settle();
    expect(await shown(id)).toMatchObject({ state: "refunded", shipment: "left" });
    expect(await stock()).toBe(8);
  });

  test("delivers a parcel once, after it has left", async () => {
    const id = await paidOrder();
    const deliver = () => world.send("POST", `/orders/${id}/delivery`, {});
    expect((await deliver()).status).toBe(409);
    await dispatch(id);
    const answers = await Promise.all([deliver(), deliver(), deliver()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await world.settle();
    expect(await announced("order.delivered", id)).toHaveLength(1);
    expect(await shown(id)).toMatchObject({ shipment: "left", delivered_at: expect.stringMatching(/^20/) });
  });
});

describe("reports of other systems", () => {
  test("dispatches and delivers an outside order", async () => {
    const payload = { items: held, total: 5, payment_status: "confirmed" };
    await report("order.placed", "ord_out", { payload });
    const link = { tracking_number: "1Z9", tracking_url: "ftp://carrier.example/1Z9" };
    await report("order.dispatched", "ord_out", { payload: link });
    await report("order.cancelled", "ord_out");
    await report("order.delivered", "ord_out");
    const after = await shown("ord_out");
    expect(after).toMatchObject({ state: "paid", shipment: "left", tracking_number: "1Z9" });
    expect([after.tracking_url, typeof after.delivered_at]).toEqual([undefined, "string"]);
    expect(await world.read(shipments, "ord_out")).toMatchObject({ state: "left", items: held });
  });

  test("keeps a parcel that left when its payment fails", async () => {
    await report("order.placed", "ord_cod", { payload: { items: held, total: 5 } });
    await report("order.dispatched", "ord_cod");
    await report("payment.failed", "ord_cod", { payload: { error: "no cash" } });
    expect(await shown("ord_cod")).toMatchObject({ state: "placed", shipment: "left" });
    expect(await announced("order.cancelled", "ord_cod")).toEqual([]);
  });

  test("reaches one order when dispatch and cancellation swap", async () => {
    const results = [];
    for (const [name, types] of Object.entries({ ab: DISPATCH_FIRST, ba: DISPATCH_FIRST.toReversed() })) {
      const id = `ord_swap_${name}`;
      await report("order.placed", id, { payload: { items: held, total: 5, payment_status: "confirmed" } });
      for (const type of types) await report(type, id);
      const { state, shipment } = await shown(id);
      results.push({ state, shipment, stored: (await world.read(shipments, id))?.state });
    }
    expect(results).toEqual([LIVE, LIVE]);
  });

  test("changes nothing of our orders", async () => {
    const id = await paidOrder();
    const before = await shown(id);
    await report("order.dispatched", id, { payload: { tracking_number: "stolen" } });
    await report("order.delivered", id);
    expect(await shown(id)).toEqual(before);
  });
});
