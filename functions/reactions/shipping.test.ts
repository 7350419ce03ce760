import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { orders, shipments, stockMoves } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld("all");
  await world.send("PUT", "/products/cup", { name: "Cup", price: 5, stock: 100 });
});
afterAll(() => world.close());

testDeliveries(() => world, {
  reaction: "shipping",
  events: name => [
    { event_type: "order.paid", order_id: `ord_${name}`, payload: { amount: 10 } },
    { event_type: "refund.issued", order_id: `ord_${name}`, payload: { amount: 4, refund_id: "r1" } },
    { event_type: "refund.issued", order_id: `ord_${name}`, payload: { amount: 6, refund_id: "r2" } },
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

test("requests the shipment of what is paid, and lets it leave once", async () => {
  const id = await paidOrder();
  expect((await world.send("GET", `/orders/${id}`)).body.shipment).toBe("requested");
  expect((await world.send("POST", `/orders/${id}/dispatch`)).status).toBe(200);
  const again = await world.send("POST", `/orders/${id}/dispatch`);
  expect(again).toMatchObject({ status: 409, body: { detail: "The shipment has left already." } });
});

test("keeps the goods of a parcel that has left, whoever cancels its order, until a refund names them", async () => {
  await world.send("PUT", "/products/bowl", { name: "Bowl", price: 5, stock: 10 });
  const stock = async () => (await world.send("GET", "/products/bowl")).body.stock;
  const id = await paidOrder("bowl", 3);
  await world.send("POST", `/orders/${id}/dispatch`);
  const refused = await world.send("POST", `/orders/${id}/cancel`, {});
  expect(refused).toMatchObject({ status: 409, body: { detail: "The parcel has left; refund it." } });
  const reported = { event_type: "order.cancelled", order_id: id, payload: {} };
  await world.send("POST", "/events/ingest", reported);
  await world.settle();
  const shown = (await world.send("GET", `/orders/${id}`)).body;
  expect(shown).toMatchObject({ state: "cancelled", shipment: "left" });
  expect(await stock()).toBe(7);
  const named = { amount: 15, items: [{ product_id: "bowl", quantity: 1 }] };
  await world.send("POST", `/orders/${id}/refunds`, named);
  await world.settle();
  expect(await stock()).toBe(8);
});

test("lets only one of a dispatch and a cancel happen that meet", async () => {
  for (const round of [0, 1, 2]) {
    const id = await paidOrder();
    const meet = ["cancel", "dispatch"].map(what => world.send("POST", `/orders/${id}/${what}`, {}));
    const statuses = (await Promise.all(meet)).map(({ status }) => status);
    expect([round, ...statuses.sort()]).toEqual([round, 200, 409]);
  }
});

test("lets no parcel leave while only stock or only the order has heard of the end", async () => {
  const [one, other] = [await paidOrder(), await paidOrder()];
  const move = { order_id: one, deducted: [], returned: [], refunds: [], cancelled: true };
  await documentRef(stockMoves, one).set(move);
  await documentRef(orders, other).update({ state: "cancelled", cancelled: {} });
  for (const id of [one, other])
    expect((await world.send("POST", `/orders/${id}/dispatch`)).status).toBe(409);
});

test("stops what has not left when the order is cancelled", async () => {
  const id = await paidOrder();
  await world.send("POST", `/orders/${id}/cancel`, {});
  await world.settle();
  const refused = await world.send("POST", `/orders/${id}/dispatch`);
  expect(refused).toMatchObject({ status: 409, body: { type: expect.stringContaining("shipment-state") } });
});
