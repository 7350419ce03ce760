import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { announce } from "../../scripts/test/announce.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { stockEntries, stockMoves } from "../../shared/collections.ts";
import type { EventType } from "../../shared/events/catalogue.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    "http/ingest",
    "http/checkout",
    "http/products",
    "reactions/orders",
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

const claim = (order_id: string, revision: number, held: readonly object[]) =>
  anEvent("order.balance_changed", { order_id, payload: { revision, held: [...held] as never } });
const units = (product_id: string, quantity: number) => [{ product_id, quantity }];
const report = async (event_type: EventType, fields: object) => {
  await world.send("POST", "/events/ingest", anEvent(event_type, fields as never));
  await world.settle();
};

testDeliveries(() => world, {
  reaction: "inventory",
  announcedBy: "checkout",
  given: name => create(`p_${name}`),
  events: name => [
    claim(`ord_${name}`, 1, units(`p_${name}`, 5)),
    claim(`ord_${name}`, 2, []),
    claim(`ord_${name}`, 3, units(`p_${name}`, 2)),
  ],
  outcome: async name => {
    const id = `p_${name}`;
    const moved = (await world.all(stockEntries)).filter(({ product_id }) => product_id === id);
    const sum = moved.reduce((total, { delta }) => total + delta, 0);
    const revisions = moved.map(({ revision }) => revision);
    return {
      stock: (await product(id)).stock,
      sum,
      isOncePerRevision: new Set(revisions).size === moved.length,
    };
  },
  expected: { stock: 18, sum: -2, isOncePerRevision: true },
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
  const payload = { items: units("table", 3) };
  const again = anEvent("order.placed", { order_id: orderId, user_id: "usr_1", payload });
  await Promise.all([1, 2, 3].map(() => world.send("POST", "/events/ingest", again)));
  await world.settle();
  expect(await product("table")).toMatchObject({ stock: 17 });
});

test("deducts nothing when the cancellation arrives first", async () => {
  await create("sofa");
  const about = { order_id: "ord_reversed", payload: { items: units("sofa", 3) } };
  await report("order.cancelled", about);
  await report("order.placed", about);
  expect(await product("sofa")).toMatchObject({ stock: 20 });
});

test("returns all units when an outside refund gives all money back", async () => {
  await create("stool");
  const order_id = "ord_all_back";
  const payload = { items: units("stool", 5), total: 50, payment_status: "confirmed" };
  await report("order.placed", { order_id, payload });
  expect(await product("stool")).toMatchObject({ stock: 15 });
  await report("refund.issued", { order_id, payload: { amount: 50, currency: "USD" } });
  expect(await product("stool")).toMatchObject({ stock: 20 });
});

test("takes the units again when a stopped order becomes live", async () => {
  await create("bench");
  for (const [index, held] of [units("bench", 2), [], units("bench", 2)].entries()) {
    await announce(claim("ord_live", index + 1, held), "orders");
    await world.settle();
  }
  expect(await product("bench")).toMatchObject({ stock: 18 });
});

test("never takes a product that was created after its order", async () => {
  const placed = { order_id: "ord_early", payload: { items: [...units("later", 3), ...units("lamp", 1)] } };
  await create("lamp");
  await report("order.placed", placed);
  expect(await world.read(stockMoves, "ord_early")).toMatchObject({ not_stocked: ["later"] });
  await create("later", { stock: 10 });
  await report("order.placed", placed);
  await report("order.paid", { order_id: "ord_early", payload: { amount: 4 } });
  await announce(claim("ord_early", 9, placed.payload.items), "orders");
  await world.settle();
  expect((await product("later")).stock).toBe(10);
  expect((await product("lamp")).stock).toBe(19);
});

test("ignores a claim that another system reports", async () => {
  await create("mirror");
  await world.send("POST", "/events/ingest", claim("ord_claim", 7, units("mirror", 20)));
  await world.settle();
  expect(await product("mirror")).toMatchObject({ stock: 20 });
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
