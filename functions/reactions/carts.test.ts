import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { carts } from "../../shared/collections.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld(["http/ingest", "reactions/carts", "timers/abandon-cart"]);
});
afterAll(() => world.close());

/** Returns the timestamp of some seconds ago. */
const ago = (seconds: number) => new Date(world.clock.now() - seconds * 1000).toISOString();

async function report(event: object): Promise<void> {
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
}

const added = (userId: string, payload: object, timestamp = ago(0)) =>
  anEvent("cart.item_added", { user_id: userId, session_id: userId, timestamp, payload });

const linesOf = async (cartId: string) => {
  await world.settle();
  const cart = await world.read(carts, cartId);
  return cart?.lines.map(({ product_id, quantity }) => `${quantity} ${product_id}`);
};

test("keeps added items and drops removed ones", async () => {
  await report(added("ada", { product_id: "lamp" }));
  await report(added("ada", { product_id: "lamp", quantity: 2 }));
  await report(added("ada", { product_id: "chair" }));
  await report({ ...added("ada", { product_id: "chair" }), event_type: "cart.item_removed" });
  expect(await linesOf("cart_ada")).toEqual(["3 lamp"]);
});

test("counts an item once when its event arrives repeatedly", async () => {
  const event = { ...added("bob", { product_id: "lamp" }), event_id: "evt_bob" };
  await Promise.all([report(event), report(event), report(event)]);
  expect(await linesOf("cart_bob")).toEqual(["1 lamp"]);
});

test("removes an item when its removal arrives first", async () => {
  await report({ ...added("cyd", { product_id: "lamp" }, ago(5)), event_type: "cart.item_removed" });
  await report(added("cyd", { product_id: "lamp" }, ago(10)));
  expect(await linesOf("cart_cyd")).toEqual([]);
});

test("covers an item added before an order when the item arrives later", async () => {
  const items = [{ product_id: "lamp", quantity: 1 }];
  const about = { user_id: "dee", order_id: "ord_dee", timestamp: ago(10) };
  await report(anEvent("order.placed", { ...about, payload: { items } }));
  await report(added("dee", { product_id: "lamp" }, ago(20)));
  await report(added("dee", { product_id: "chair" }, ago(5)));
  expect(await linesOf("cart_dee")).toEqual(["1 chair"]);
});

test("limits the time of an item when the client's clock is ahead", async () => {
  await report(added("eve", { product_id: "lamp" }, ago(-3600)));
  await world.settle();
  const cart = await world.read(carts, "cart_eve");
  expect(cart?.lines[0]?.added_at_ms).toBeLessThanOrEqual(world.clock.now());
});
