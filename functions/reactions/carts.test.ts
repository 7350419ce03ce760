import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { carts } from "../../shared/collections.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld("all");
});
afterAll(() => world.close());

/** Seconds ago, as a producer stamps it. */
const ago = (seconds: number) => new Date(world.clock.now() - seconds * 1000).toISOString();

async function report(event: object): Promise<void> {
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
}

const added = (who: string, payload: object, timestamp = ago(0)) => ({
  event_type: "cart.item_added",
  user_id: who,
  session_id: who,
  timestamp,
  payload: { quantity: 1, unit_price: 20, ...payload },
});

const linesOf = async (cartId: string) => {
  await world.settle();
  const cart = await world.read(carts, cartId);
  return cart?.lines.map(({ product_id, quantity }) => `${quantity} ${product_id}`);
};

test("keeps what was put in and takes out what was removed", async () => {
  await report(added("ada", { product_id: "lamp" }));
  await report(added("ada", { product_id: "lamp", quantity: 2 }));
  await report(added("ada", { product_id: "chair" }));
  await report({ ...added("ada", { product_id: "chair" }), event_type: "cart.item_removed" });
  expect(await linesOf("cart_ada")).toEqual(["3 lamp"]);
});

test("counts an item once when its event is delivered twice", async () => {
  const event = { ...added("bob", { product_id: "lamp" }), event_id: "evt_bob" };
  await Promise.all([report(event), report(event), report(event)]);
  expect(await linesOf("cart_bob")).toEqual(["1 lamp"]);
});

test("ends the same when a removal overtakes its item", async () => {
  await report({ ...added("cyd", { product_id: "lamp" }, ago(5)), event_type: "cart.item_removed" });
  await report(added("cyd", { product_id: "lamp" }, ago(10)));
  expect(await linesOf("cart_cyd")).toEqual([]);
});

test("covers by an order what was added before it, also when it arrives after it", async () => {
  const items = [{ product_id: "lamp", quantity: 1 }];
  const about = { event_type: "order.placed", user_id: "dee", order_id: "ord_dee", timestamp: ago(10) };
  await report({ ...about, payload: { items, total: 20 } });
  await report(added("dee", { product_id: "lamp" }, ago(20)));
  await report(added("dee", { product_id: "chair" }, ago(5)));
  expect(await linesOf("cart_dee")).toEqual(["1 chair"]);
});

test("does not believe a client whose clock runs ahead", async () => {
  await report(added("eve", { product_id: "lamp" }, ago(-3600)));
  await world.settle();
  const cart = await world.read(carts, "cart_eve");
  expect(cart?.lines[0]?.added_at_ms).toBeLessThanOrEqual(world.clock.now());
});
