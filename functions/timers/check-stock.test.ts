import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    "http/checkout",
    "http/products",
    "reactions/archive",
    "reactions/inventory",
    "timers/check-stock",
  ]);
});
afterAll(() => world.close());

const create = (id: string, fields: object = {}) =>
  world.send("PUT", `/products/${id}`, { name: id, price: 10, stock: 12, threshold: 10, ...fields });

async function move(id: string, delta: number): Promise<void> {
  const moved = await world.send("POST", `/products/${id}/stock`, { delta, reason: "a test" });
  expect(moved.status).toBe(202);
}

async function alerts(id: string) {
  await world.settle();
  const events = (await world.all(archivedEvents)).filter(event => event.subject === id);
  return events
    .map(event => JSON.parse(event.event))
    .filter(event => event.event_type === "inventory.low_stock_alert");
}

test("alerts when stock falls to its threshold, not before", async () => {
  await create("plant");
  await move("plant", -1);
  expect(await alerts("plant")).toEqual([]);
  await move("plant", -1);
  expect(await alerts("plant")).toMatchObject([
    { producer: "check-stock", payload: { product_id: "plant", current_stock: 10, threshold: 10 } },
  ]);
});

test("alerts once when several concurrent orders cross the threshold", async () => {
  await create("mug");
  const items = [{ product_id: "mug", quantity: 1 }];
  await Promise.all([1, 2, 3, 4, 5].map(n => world.send("POST", "/orders", { user_id: `usr_${n}`, items })));
  expect(await alerts("mug")).toHaveLength(1);
  await move("mug", -1);
  expect(await alerts("mug")).toHaveLength(1);
});

test("alerts again after stock has been above the threshold", async () => {
  await create("vase");
  await move("vase", -5);
  expect(await alerts("vase")).toHaveLength(1);
  await move("vase", 20);
  await world.settle();
  await move("vase", -20);
  expect(await alerts("vase")).toHaveLength(2);
});

test("alerts when the threshold is raised above the stock", async () => {
  await create("chair", { threshold: null });
  await move("chair", -3);
  expect(await alerts("chair")).toEqual([]);
  await create("chair", { threshold: 15 });
  expect(await alerts("chair")).toMatchObject([{ payload: { current_stock: 9, threshold: 15 } }]);
});

test("alerts when a product that opened low sells out, once", async () => {
  await create("bowl", { stock: 5 });
  await move("bowl", -2);
  expect(await alerts("bowl")).toEqual([]);
  const items = [{ product_id: "bowl", quantity: 48 }];
  await world.send("POST", "/orders", { user_id: "usr_1", items });
  expect(await alerts("bowl")).toMatchObject([{ payload: { current_stock: -45, threshold: 10 } }]);
  await move("bowl", -1);
  await world.settle();
  await move("bowl", -1);
  expect(await alerts("bowl")).toHaveLength(1);
});

test("alerts at the threshold and once more at zero", async () => {
  await create("jug");
  for (const delta of [-2, -9, -1, -1, -1]) {
    await move("jug", delta);
    await world.settle();
  }
  const stocks = (await alerts("jug")).map(({ payload }) => payload.current_stock);
  expect(stocks.sort((a, b) => a - b)).toEqual([0, 10]);
});
