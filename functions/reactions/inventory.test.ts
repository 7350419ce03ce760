import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld("all");
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
    const about = { order_id: `ord_${name}`, user_id: "usr_1" };
    const items = (quantity: number) => [{ product_id: `p_${name}`, quantity }];
    return [
      { event_type: "order.placed", ...about, payload: { items: items(5) } },
      { event_type: "refund.issued", ...about, payload: { amount: 10, refund_id: "r1", items: items(1) } },
      { event_type: "refund.issued", ...about, payload: { amount: 20, refund_id: "r2", items: items(2) } },
    ];
  },
  outcome: async name => (await product(`p_${name}`)).stock,
  expected: 18,
});

test("takes what was ordered from stock and puts back what was cancelled", async () => {
  await create("chair");
  const orderId = await order("chair", 3);
  await order("chair", 2);
  await world.settle();
  expect(await product("chair")).toMatchObject({ stock: 15, backordered: 0 });
  await world.send("POST", `/orders/${orderId}/cancel`, {});
  await world.settle();
  expect(await product("chair")).toMatchObject({ stock: 18 });
});

test("takes an order from stock once, whoever reports it and however often", async () => {
  await create("table");
  const orderId = await order("table", 3);
  const report = {
    event_type: "order.placed",
    order_id: orderId,
    user_id: "usr_1",
    payload: { items: [{ product_id: "table", quantity: 3 }], total: 30 },
  };
  await Promise.all([1, 2, 3].map(() => world.send("POST", "/events/ingest", report)));
  await world.settle();
  expect(await product("table")).toMatchObject({ stock: 17 });
});

test("takes nothing for an order whose cancellation arrives first", async () => {
  await create("sofa");
  const about = { order_id: "ord_reversed", user_id: "usr_2" };
  await world.send("POST", "/events/ingest", { event_type: "order.cancelled", ...about, payload: {} });
  await world.settle();
  const payload = { items: [{ product_id: "sofa", quantity: 3 }], total: 30 };
  await world.send("POST", "/events/ingest", { event_type: "order.placed", ...about, payload });
  await world.settle();
  expect(await product("sofa")).toMatchObject({ stock: 20 });
});

test("loses no unit when many orders for one product arrive at once", async () => {
  await create("mug", { stock: 100 });
  await Promise.all(Array.from({ length: 20 }, () => order("mug", 2)));
  await world.settle();
  expect(await product("mug")).toMatchObject({ stock: 60 });
});

test("shows what is owed when more was ordered than there is", async () => {
  await create("vase", { stock: 1 });
  await order("vase", 4);
  await world.settle();
  expect(await product("vase")).toMatchObject({ stock: 0, backordered: 3 });
});

test("leaves out what nobody stocks here", async () => {
  const payload = { items: [{ product_id: "elsewhere", quantity: 1 }], total: 5 };
  await world.send("POST", "/events/ingest", {
    event_type: "order.placed",
    order_id: "o1",
    user_id: "u1",
    payload,
  });
  await world.settle();
  const entries = (await world.ledgerOf("inventory")).filter(entry => entry.cause.subject === "u1");
  expect(entries).toMatchObject([{ state: "skipped", reason: "not stocked" }]);
});
