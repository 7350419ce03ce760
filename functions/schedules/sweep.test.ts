import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/world.ts";
import { startWorld } from "../../scripts/test/world.ts";
import { pubsub } from "../../shared/google/pubsub.ts";

const MINUTE_MS = 60_000;

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.send("PUT", "/products/lamp", { name: "Lamp", price: 20, stock: 1000 });
});
afterAll(() => world.close());

const states = async () => (await world.ledgerOf("checkout")).map(entry => entry.state);
const sweeps = () => world.lines.filter(({ fields }) => fields["schedule"] === "sweep");

test("sends what a command could not send before it answered, once it is overdue", async () => {
  const topic = (await pubsub()).topic("pulsecart.commerce-events");
  await topic.delete();
  const items = [{ product_id: "lamp", quantity: 1 }];
  const placed = await world.send("POST", "/orders", { user_id: "usr_1", items });
  const cancelled = await world.send("POST", `/orders/${placed.body.order_id}/cancel`);
  expect([placed.status, cancelled.status]).toEqual([201, 200]);
  expect(await states()).toEqual(["pending", "pending"]);
  await topic.create();
  const [subscription] = await topic.createSubscription("seen", { enableMessageOrdering: true });
  await world.advance(2 * MINUTE_MS);
  expect(await states()).toEqual(["done", "done"]);
  expect(sweeps().filter(({ fields }) => fields["relayed"] === 2)).toHaveLength(1);
  // Each may have been published more than once, but always under the one id it has.
  const published = new Map<string, string>();
  subscription.on("message", message => {
    published.set(message.attributes["event_id"] ?? "", message.attributes["event_type"] ?? "");
    message.ack();
  });
  while (published.size < 2) await new Promise(resolve => setImmediate(resolve));
  await subscription.close();
  expect([...published.values()].sort()).toEqual(["order.cancelled", "order.placed"]);
});

test("leaves alone what is not overdue, and what is done", async () => {
  const before = sweeps().length;
  await world.advance(3 * MINUTE_MS);
  const after = sweeps().slice(before);
  expect(after).toHaveLength(3);
  expect(after.every(({ fields }) => fields["relayed"] === 0 && fields["released"] === 0)).toBe(true);
});
