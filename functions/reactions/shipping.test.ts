import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/world.ts";
import { startWorld } from "../../scripts/test/world.ts";
import { shipments } from "../../shared/collections.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
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

async function paidOrder(): Promise<string> {
  const items = [{ product_id: "cup", quantity: 1 }];
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
  await world.send("POST", `/orders/${id}/cancel`, {});
  await world.settle();
  expect((await world.send("GET", `/orders/${id}`)).body).toMatchObject({
    state: "cancelled",
    shipment: "left",
  });
});

test("stops what has not left when the order is cancelled", async () => {
  const id = await paidOrder();
  await world.send("POST", `/orders/${id}/cancel`, {});
  await world.settle();
  const refused = await world.send("POST", `/orders/${id}/dispatch`);
  expect(refused).toMatchObject({ status: 409, body: { type: expect.stringContaining("shipment-state") } });
});
