import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { carts } from "../../shared/collections.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld("all");
  await world.send("PUT", "/products/lamp", { name: "Lamp", price: 20, stock: 1000 });
});
afterAll(() => world.close());

async function add(who: string, fields: object = {}): Promise<void> {
  const answer = await world.send("POST", "/events/ingest", {
    event_type: "cart.item_added",
    user_id: who,
    session_id: who,
    payload: { product_id: "lamp", quantity: 1, unit_price: 20 },
    ...fields,
  });
  expect(answer.status).toBe(202);
  await world.settle();
}

async function abandonments(who: string) {
  const events = (await world.all(archivedEvents)).filter(event => event.subject === who);
  const abandoned = events.filter(event => event.event_type === "cart.abandoned");
  return abandoned.map(event => JSON.parse(event.event)).sort((a, b) => a.payload.cycle - b.payload.cycle);
}

test("announces a cart that was left alone for two hours, once", async () => {
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

test("counts the two hours from the last activity, with one task outstanding", async () => {
  await add("usr_busy");
  await world.advanceUnswept(HOUR_MS);
  await add("usr_busy");
  await world.advanceUnswept(HOUR_MS + MINUTE_MS);
  expect(await abandonments("usr_busy")).toEqual([]);
  await world.advanceUnswept(HOUR_MS);
  expect(await abandonments("usr_busy")).toMatchObject([{ payload: { items: [{ quantity: 2 }] } }]);
});

test("does not announce a cart that was bought", async () => {
  await add("usr_bought");
  const order = { user_id: "usr_bought", cart_id: "cart_usr_bought" };
  expect((await world.send("POST", "/orders", order)).status).toBe(201);
  await world.advanceUnswept(3 * HOUR_MS);
  await world.advance(5 * MINUTE_MS);
  expect(await abandonments("usr_bought")).toEqual([]);
  expect(await world.read(carts, "cart_usr_bought")).toMatchObject({ status: "bought" });
});

test("does not announce a cart whose order another system reported, naming only the user", async () => {
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

test("announces again what is added after an abandonment and left alone again", async () => {
  await add("usr_again");
  await world.advanceUnswept(2 * HOUR_MS);
  await add("usr_again");
  await world.advanceUnswept(2 * HOUR_MS);
  expect(await abandonments("usr_again")).toMatchObject([
    { payload: { cycle: 1 } },
    { payload: { cycle: 2 } },
  ]);
});

test("does not announce a cart that was emptied", async () => {
  await add("usr_empty");
  await add("usr_empty", { event_type: "cart.item_removed", payload: { product_id: "lamp" } });
  await world.advanceUnswept(3 * HOUR_MS);
  await world.advance(5 * MINUTE_MS);
  expect(await abandonments("usr_empty")).toEqual([]);
});

test("announces what no event could say by what one can: quantities and ids at their limits", async () => {
  const payload = { product_id: "lamp", quantity: 1_000_000, unit_price: 2_000_000 };
  await add("usr_much", { payload });
  await add("usr_much", { payload });
  await add("usr_long", { session_id: "s".repeat(128) });
  await world.advanceUnswept(2 * HOUR_MS + MINUTE_MS);
  expect(await abandonments("usr_much")).toMatchObject([{ payload: { items: [{ quantity: 1_000_000 }] } }]);
  expect(await abandonments("usr_long")).toMatchObject([{ payload: { cart_id: "s".repeat(128) } }]);
});

test("ends with a parked entry when a timer cannot read what it was armed with", async () => {
  const authorization = await world.authorization("abandon-cart");
  const call = { key: "cart_x.1.1", correlation_id: "c", data: { cart_id: "a/b", cycle: 1, step: 1 } };
  const path = "/__local/functions/abandon-cart/";
  for (const body of [call, { data: {} }]) {
    expect((await world.send("POST", path, body, { authorization })).status).toBe(204);
  }
  const parked = (await world.ledgerOf("abandon-cart")).filter(({ state }) => state === "parked");
  expect(parked).toMatchObject([{ cause: { id: "cart_x.1.1" } }]);
});
