import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    "http/ingest",
    "http/checkout",
    "http/products",
    "reactions/inventory",
    "timers/check-stock",
  ]);
});
afterAll(() => world.close());

const product = async (id: string) => (await world.send("GET", `/products/${id}`)).body;

function create(id: string, fields: object = {}) {
  return world.send("PUT", `/products/${id}`, { name: id, price: 10, stock: 20, ...fields });
}

async function order(id: string, quantity: number): Promise<string> {
  const items = [{ product_id: id, quantity }];
  const placed = await world.send("POST", "/orders", { user_id: "usr_1", items });
  expect(placed.status).toBe(201);
  return placed.body.order_id;
}

testDeliveries(() => world, {
  reaction: "inventory",
  given: name => create(`p_${name}`),
  events: name => {
    const order_id = `ord_${name}`;
    const items = (quantity: number) => [{ product_id: `p_${name}`, quantity }];
    return [
      anEvent("order.placed", { order_id, payload: { items: items(5) } }),
      anEvent("refund.issued", { order_id, payload: { amount: 10, refund_id: "r1", items: items(1) } }),
      anEvent("refund.issued", { order_id, payload: { amount: 20, refund_id: "r2", items: items(2) } }),
    ];
  },
  outcome: async name => (await product(`p_${name}`)).stock,
  expected: 18,
});

test("deducts ordered units and returns cancelled ones", async () => {
  await create("chair");
  const orderId = await order("chair", 3);
  await order("chair", 2);
  await world.settle();
  expect(await product("chair")).toMatchObject({ stock: 15, backordered: 0 });
  await world.send("POST", `/orders/${orderId}/cancel`, {});
  await world.settle();
  expect(await product("chair")).toMatchObject({ stock: 18 });
});

test("deducts an order once when several systems report it", async () => {
  await create("table");
  const orderId = await order("table", 3);
  const items = [{ product_id: "table", quantity: 3 }];
  const report = anEvent("order.placed", { order_id: orderId, user_id: "usr_1", payload: { items } });
  await Promise.all([1, 2, 3].map(() => world.send("POST", "/events/ingest", report)));
  await world.settle();
  expect(await product("table")).toMatchObject({ stock: 17 });
});

test("deducts nothing when the cancellation arrives first", async () => {
  await create("sofa");
  const items = [{ product_id: "sofa", quantity: 3 }];
  const about = { order_id: "ord_reversed", payload: { items } };
  await world.send("POST", "/events/ingest", anEvent("order.cancelled", about));
  await world.settle();
  await world.send("POST", "/events/ingest", anEvent("order.placed", about));
  await world.settle();
  expect(await product("sofa")).toMatchObject({ stock: 20 });
});

test("loses no unit when many orders for one product arrive concurrently", async () => {
  await create("mug", { stock: 100 });
  await Promise.all(Array.from({ length: 20 }, () => order("mug", 2)));
  await world.settle();
  expect(await product("mug")).toMatchObject({ stock: 60 });
});

test("shows backordered units when orders exceed the stock", async () => {
  await create("vase", { stock: 1 });
  await order("vase", 4);
  await world.settle();
  expect(await product("vase")).toMatchObject({ stock: 0, backordered: 3 });
});

test("skips an order of products that are not stocked", async () => {
  const items = [{ product_id: "elsewhere", quantity: 1 }];
  const placed = anEvent("order.placed", { order_id: "o1", user_id: "u1", payload: { items } });
  await world.send("POST", "/events/ingest", placed);
  await world.settle();
  const entries = (await world.ledgerOf("inventory")).filter(entry => entry.cause.subject === "u1");
  expect(entries).toMatchObject([{ state: "skipped", reason: "not stocked" }]);
});
