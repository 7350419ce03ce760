import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";

import { contacts, orders } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { newOrder } from "../../shared/rules/order/order.ts";

let world: World;
beforeAll(async () => {
  const needed = ["http/ingest", "reactions/crm", "reactions/orders", "reactions/segments"];
  world = await startWorld(needed);
});
afterAll(() => world.close());

testDeliveries(() => world, {
  reaction: "crm",
  events: name => [
    {
      event_type: "user.signed_up",
      user_id: `u_${name}`,
      payload: { email: "ada@example.com", name: "Ada" },
    },
    {
      event_type: "order.placed",
      user_id: `u_${name}`,
      order_id: `o_${name}`,
      payload: { items: [{ product_id: "lamp", quantity: 1 }], email: "gift@example.com" },
    },
    {
      event_type: "order.paid",
      user_id: `u_${name}`,
      order_id: `o_${name}`,
      payload: { amount: 89.99, currency: "USD" },
    },
  ],
  outcome: async name => {
    const {
      email,
      name: called,
      orders,
      spent_minor,
      segment,
      banned,
    } = (await world.read(contacts, `u_${name}`)) ?? {};
    return { email, called, orders, spent_minor, segment, banned };
  },
  expected: {
    email: "ada@example.com",
    called: "Ada",
    orders: 1,
    spent_minor: { USD: 8999 },
    segment: "active",
    banned: false,
  },
});

async function report(event: object): Promise<void> {
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
  await world.settle();
}

test("counts an order once, however many systems report it", async () => {
  const about = { user_id: "u_twice", order_id: "o_twice" };
  const items = [{ product_id: "lamp", quantity: 1 }];
  for (let n = 0; n < 2; n++) {
    await report({
      event_type: "order.placed",
      ...about,
      payload: { items, total: 10, payment_status: "confirmed" },
    });
    await report({ event_type: "order.paid", ...about, payload: { amount: 10 } });
  }
  expect(await world.read(contacts, "u_twice")).toMatchObject({ orders: 1, spent_minor: { USD: 1000 } });
});

test("waits for whose order was paid, where only the order says it", async () => {
  await report({ event_type: "order.paid", order_id: "o_whose", payload: { amount: 10 } });
  const items = [{ product_id: "lamp", quantity: 1 }];
  await report({ event_type: "order.placed", user_id: "u_whose", order_id: "o_whose", payload: { items } });
  await world.advance(10_000);
  expect(await world.read(contacts, "u_whose")).toMatchObject({ orders: 1, spent_minor: { USD: 1000 } });
});

test("hears of an order that was taken here from nobody but the owner", async () => {
  const ours = {
    ...newOrder("o_ours", { currency: "USD", atMs: 1 }),
    source: "checkout",
    user_id: "u_ours",
  };
  await documentRef(orders, "o_ours").set(ours);
  const about = { user_id: "u_thief", order_id: "o_ours" };
  const payload = { items: [{ product_id: "lamp", quantity: 9 }], email: "thief@example.com" };
  await report({ event_type: "order.placed", ...about, payload });
  await report({ event_type: "order.paid", ...about, payload: { amount: 1 } });
  const { email, orders: count, spent_minor } = (await world.read(contacts, "u_thief")) ?? {};
  expect([email, count ?? 0, spent_minor ?? {}]).toEqual([undefined, 0, {}]);
});

test("keeps nothing of a guest's order, and knows who was banned before they signed up", async () => {
  await report({
    event_type: "order.placed",
    order_id: "o_guest",
    payload: { items: [{ product_id: "p", quantity: 1 }] },
  });
  await report({ event_type: "order.paid", order_id: "o_guest", payload: { amount: 10 } });
  expect((await world.all(contacts)).filter(({ user_id }) => user_id.includes("guest"))).toEqual([]);
  await report({
    event_type: "user.banned",
    user_id: "u_ban",
    payload: { reason: "spam", banned_by: "admin" },
  });
  await report({ event_type: "user.signed_up", user_id: "u_ban", payload: { email: "ban@example.com" } });
  expect(await world.read(contacts, "u_ban")).toMatchObject({ banned: true, email: "ban@example.com" });
});
