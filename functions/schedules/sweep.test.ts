import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { carts } from "../../shared/collections.ts";
import { firestore } from "../../shared/google/firestore.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import { cloudTasks } from "../../shared/google/tasks.ts";
import { ledgerRef } from "../../shared/pipeline/records/ledger.ts";
import { MINUTE_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    "http/ingest",
    "http/products",
    "http/checkout",
    "reactions/archive",
    "reactions/carts",
    "timers/abandon-cart",
    "timers/check-stock",
    "schedules/sweep",
  ]);
  await world.send("PUT", "/products/lamp", { name: "Lamp", price: 20, stock: 1000 });
});
afterAll(() => world.close());

const states = async () => (await world.ledgerOf("checkout")).map(entry => entry.state);
const sweeps = () => world.lines.filter(({ fields }) => fields["schedule"] === "sweep");

test("relays overdue follow-ups that a command could not send", async () => {
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
  // An event may be published twice, but always under the same id.
  const published = new Map<string, string>();
  subscription.on("message", message => {
    published.set(message.attributes["event_id"] ?? "", message.attributes["event_type"] ?? "");
    message.ack();
  });
  while (published.size < 4) await new Promise(resolve => setImmediate(resolve));
  await subscription.close();
  const changed = "order.balance_changed";
  expect([...published.values()].sort()).toEqual([changed, changed, "order.cancelled", "order.placed"]);
});

test("resumes nothing when no entry is overdue", async () => {
  const before = sweeps().length;
  await world.advance(3 * MINUTE_MS);
  const after = sweeps().slice(before);
  expect(after).toHaveLength(3);
  expect(after.every(({ fields }) => fields["relayed"] === 0 && fields["released"] === 0)).toBe(true);
});

test("replaces the lost timer of a cart", async () => {
  await world.send("POST", "/events/ingest", {
    event_type: "cart.item_added",
    user_id: "usr_lost",
    session_id: "lost",
    payload: { product_id: "lamp", quantity: 1 },
  });
  await world.settle();
  const tasks = await cloudTasks();
  await tasks.purgeQueue({ name: tasks.queuePath("demo-pulsecart", "us-central1", "abandon-cart") });
  await world.advanceUnswept(120 * MINUTE_MS);
  expect(await world.read(carts, "cart_lost")).toMatchObject({ status: "open" });
  await world.advance(3 * MINUTE_MS);
  expect(await world.read(carts, "cart_lost")).toMatchObject({ status: "abandoned" });
});

test("finds an overdue entry behind thousands that are not overdue", async () => {
  const deferred = { by: "archive", state: "deferred", n: 1, due_at_ms: world.clock.now() + 600 * MINUTE_MS };
  const batch = firestore().bulkWriter();
  for (let i = 0; i < 2_001; i += 1) void batch.create(ledgerRef(`archive~${i}`), deferred);
  void batch.create(ledgerRef("zzz~last"), { ...deferred, due_at_ms: 0 });
  await batch.close();
  await world.advance(3 * MINUTE_MS);
  expect(sweeps().filter(({ fields }) => fields["released"] === 1)).not.toEqual([]);
});
