import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { orders, shipments, stockMoves } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    "http/ingest",
    "http/checkout",
    "http/products",
    "reactions/orders",
    "reactions/inventory",
    "reactions/shipping",
    "timers/check-stock",
  ]);
  await world.send("PUT", "/products/cup", { name: "Cup", price: 5, stock: 100 });
});
afterAll(() => world.close());

testDeliveries(() => world, {
  reaction: "shipping",
  events: name => [
    anEvent("order.paid", { order_id: `ord_${name}`, payload: { amount: 10 } }),
    anEvent("refund.issued", { order_id: `ord_${name}`, payload: { amount: 4, refund_id: "r1" } }),
    anEvent("refund.issued", { order_id: `ord_${name}`, payload: { amount: 6, refund_id: "r2" } }),
  ],
  outcome: async name => (await world.read(shipments, `ord_${name}`))?.state,
  expected: "stopped",
});

async function paidOrder(product_id = "cup", quantity = 1): Promise<string> {
  const items = [{ product_id, quantity }];
  const { body } = await world.send("POST", "/orders", { user_id: "usr_ship", items });
  await world.send("POST", `/orders/${body.order_id}/payments`, { attempt_id: "a", status: "paid" });
  await world.settle();
  return body.order_id;
}

test("requests the shipment of a paid order and dispatches it once", async () => {
  const id = await paidOrder();
  expect((await world.send("GET", `/orders/${id}`)).body.shipment).toBe("requested");
  expect((await world.send("POST", `/orders/${id}/dispatch`)).status).toBe(200);
  const again = await world.send("POST", `/orders/${id}/dispatch`);
  expect(again).toMatchObject({ status: 409, body: { detail: "The shipment has left already." } });
});

test("returns goods of a dispatched parcel only when a refund names them", async () => {
  await world.send("PUT", "/products/bowl", { name: "Bowl", price: 5, stock: 10 });
  const stock = async () => (await world.send("GET", "/products/bowl")).body.stock;
  const id = await paidOrder("bowl", 3);
  await world.send("POST", `/orders/${id}/dispatch`);
  const refused = await world.send("POST", `/orders/${id}/cancel`, {});
  expect(refused).toMatchObject({
    status: 409,
    body: { detail: "The parcel has left. Refund the order instead." },
  });
  const items = [{ product_id: "bowl", quantity: 3 }];
  const reported = anEvent("order.cancelled", { order_id: id, user_id: "usr_ship", payload: { items } });
  await world.send("POST", "/events/ingest", reported);
  await world.settle();
  const shown = (await world.send("GET", `/orders/${id}`)).body;
  expect(shown).toMatchObject({ state: "paid", shipment: "left" });
  expect(await stock()).toBe(7);
  const named = { amount: 15, items: [{ product_id: "bowl", quantity: 1 }] };
  await world.send("POST", `/orders/${id}/refunds`, named);
  await world.settle();
  expect(await stock()).toBe(8);
});

test("commits only one of a dispatch and a concurrent cancellation", async () => {
  for (const round of [0, 1, 2]) {
    const id = await paidOrder();
    const concurrent = ["cancel", "dispatch"].map(action =>
      world.send("POST", `/orders/${id}/${action}`, {}),
    );
    const statuses = (await Promise.all(concurrent)).map(({ status }) => status);
    expect([round, ...statuses.sort()]).toEqual([round, 200, 409]);
  }
});

test("refuses a dispatch when only stock or only the order is cancelled", async () => {
  const [one, other] = [await paidOrder(), await paidOrder()];
  const move = { order_id: one, deducted: [], returned: [], refunds: [], cancelled: true };
  await documentRef(stockMoves, one).set(move);
  await documentRef(orders, other).update({ state: "cancelled", cancelled: {} });
  for (const id of [one, other])
    expect((await world.send("POST", `/orders/${id}/dispatch`)).status).toBe(409);
});

test("stops the shipment when the order is cancelled before the dispatch", async () => {
  const id = await paidOrder();
  await world.send("POST", `/orders/${id}/cancel`, {});
  await world.settle();
  const refused = await world.send("POST", `/orders/${id}/dispatch`);
  expect(refused).toMatchObject({ status: 409, body: { type: expect.stringContaining("shipment-state") } });
});
