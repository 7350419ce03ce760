import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { carts, shoppers } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import { EMPTY_SHOPPER } from "../../shared/rules/cart/cart-memory.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    "http/ingest",
    "http/checkout",
    "http/products",
    "reactions/archive",
    "reactions/carts",
    "timers/abandon-cart",
    "schedules/sweep",
  ]);
  await world.send("PUT", "/products/lamp", { name: "Lamp", price: 20, stock: 1000 });
});
afterAll(() => world.close());

async function add(userId: string, fields: object = {}): Promise<void> {
  const lamp = { product_id: "lamp", unit_price: 20 };
  const added = anEvent("cart.item_added", { user_id: userId, session_id: userId, payload: lamp });
  const answer = await world.send("POST", "/events/ingest", { ...added, ...fields });
  expect(answer.status).toBe(202);
  await world.settle();
}

/** Returns the announced abandonments of a user, oldest first. */
async function abandonments(userId: string) {
  const events = (await world.all(archivedEvents)).filter(event => event.subject === userId);
  const abandoned = events.filter(event => event.event_type === "cart.abandoned");
  return abandoned.map(event => JSON.parse(event.event)).sort((a, b) => a.payload.cycle - b.payload.cycle);
}

test("announces a cart once after two hours without activity", async () => {
  await add("usr_left");
  await world.advanceUnswept(2 * HOUR_MS - MINUTE_MS);
  expect(await abandonments("usr_left")).toEqual([]);
  await world.advance(MINUTE_MS);
  expect(await abandonments("usr_left")).toMatchObject([
    {
      producer: "abandon-cart",
      user_id: "usr_left",
      session_id: "usr_left",
      payload: {
        cart_id: "cart_usr_left",
        items: [{ product_id: "lamp", quantity: 1, unit_price: 20 }],
        total: 20,
      },
    },
  ]);
  await world.advanceUnswept(5 * HOUR_MS);
  await world.advance(10 * MINUTE_MS);
  expect(await abandonments("usr_left")).toHaveLength(1);
  expect(await world.read(carts, "cart_usr_left")).toMatchObject({ status: "abandoned" });
});

test("announces the currency of the product when the event names none", async () => {
  await world.send("PUT", "/products/vase", { name: "Vase", price: 20, currency: "EUR", stock: 10 });
  await add("usr_euro", { payload: { product_id: "vase", quantity: 1, unit_price: 20 } });
  await world.advanceUnswept(2 * HOUR_MS);
  expect(await abandonments("usr_euro")).toMatchObject([{ payload: { total: 20, currency: "EUR" } }]);
});

test("announces only what a checkout of another cart left", async () => {
  await add("usr_other");
  await add("usr_other", { payload: { product_id: "chair", quantity: 1 } });
  const memory = await world.read(shoppers, "usr_other");
  const at_ms = world.clock.now();
  const order = {
    kind: "order" as const,
    id: "ord_other",
    at_ms,
    received_at_ms: at_ms,
    user_id: "usr_other",
  };
  // The memory of a checkout whose event has not reached the reaction yet.
  await documentRef(shoppers, "usr_other").set({
    ...EMPTY_SHOPPER,
    ...memory,
    orders: [{ ...order, product_ids: ["lamp"] }],
  });
  await world.advanceUnswept(2 * HOUR_MS + MINUTE_MS);
  expect(await abandonments("usr_other")).toMatchObject([
    { payload: { cycle: 2, items: [{ product_id: "chair" }] } },
  ]);
});

test("counts the two hours from the last activity", async () => {
  await add("usr_busy");
  await world.advanceUnswept(HOUR_MS);
  await add("usr_busy");
  await world.advanceUnswept(HOUR_MS + MINUTE_MS);
  expect(await abandonments("usr_busy")).toEqual([]);
  await world.advanceUnswept(HOUR_MS);
  expect(await abandonments("usr_busy")).toMatchObject([{ payload: { items: [{ quantity: 2 }] } }]);
});

test("does not announce a bought cart", async () => {
  await add("usr_bought");
  const order = { user_id: "usr_bought", cart_id: "cart_usr_bought" };
  expect((await world.send("POST", "/orders", order)).status).toBe(201);
  await world.advanceUnswept(3 * HOUR_MS);
  await world.advance(5 * MINUTE_MS);
  expect(await abandonments("usr_bought")).toEqual([]);
  expect(await world.read(carts, "cart_usr_bought")).toMatchObject({ status: "bought" });
});

test("does not announce a cart when an outside order names its user", async () => {
  await add("usr_outside");
  await world.send("POST", "/events/ingest", {
    event_type: "OrderCreated",
    order_id: 456,
    user_id: "usr_outside",
    total: 20,
    items: [{ product_id: "lamp", quantity: 1 }],
  });
  await world.advanceUnswept(3 * HOUR_MS);
  await world.advance(5 * MINUTE_MS);
  expect(await abandonments("usr_outside")).toEqual([]);
});

test("announces a cart again after a new item and idle time", async () => {
  await add("usr_again");
  await world.advanceUnswept(2 * HOUR_MS);
  await add("usr_again");
  await world.advanceUnswept(2 * HOUR_MS);
  expect(await abandonments("usr_again")).toMatchObject([
    { payload: { cycle: 1 } },
    { payload: { cycle: 2 } },
  ]);
});

test("does not announce an emptied cart", async () => {
  await add("usr_empty");
  await add("usr_empty", { event_type: "cart.item_removed", payload: { product_id: "lamp" } });
  await world.advanceUnswept(3 * HOUR_MS);
  await world.advance(5 * MINUTE_MS);
  expect(await abandonments("usr_empty")).toEqual([]);
});

test("announces a cart whose quantities and ids are at their limits", async () => {
  const payload = { product_id: "lamp", quantity: 1_000_000, unit_price: 2_000_000 };
  await add("usr_much", { payload });
  await add("usr_much", { payload });
  await add("usr_long", { session_id: "s".repeat(128) });
  await world.advanceUnswept(2 * HOUR_MS + MINUTE_MS);
  expect(await abandonments("usr_much")).toMatchObject([{ payload: { items: [{ quantity: 1_000_000 }] } }]);
  expect(await abandonments("usr_long")).toMatchObject([{ payload: { cart_id: "s".repeat(128) } }]);
});

test("parks an entry when the timer data is unreadable", async () => {
  const authorization = await world.authorization("abandon-cart");
  const call = { key: "cart_x.1.1", correlation_id: "c", data: { cart_id: "a/b", cycle: 1, step: 1 } };
  const path = "/__local/functions/abandon-cart/";
  for (const body of [call, { data: {} }]) {
    expect((await world.send("POST", path, body, { authorization })).status).toBe(204);
  }
  const parked = (await world.ledgerOf("abandon-cart")).filter(({ state }) => state === "parked");
  expect(parked).toMatchObject([{ cause: { id: "cart_x.1.1" } }]);
});
