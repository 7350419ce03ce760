import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { balanceOf } from "../../scripts/test/balance-of.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import { reportEvent } from "../../scripts/test/report-event.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { contacts, orders } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { newOrder } from "../../shared/rules/order/order.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld(["http/ingest", "reactions/crm", "reactions/orders", "reactions/segments"]);
});
afterAll(() => world.close());

testDeliveries(() => world, {
  reaction: "crm",
  events: name => {
    const about = { user_id: `u_${name}`, order_id: `o_${name}` };
    return [
      anEvent("user.signed_up", {
        user_id: about.user_id,
        payload: { email: "ada@example.com", name: "Ada" },
      }),
      anEvent("order.placed", {
        ...about,
        payload: { email: "gift@example.com", payment_status: undefined },
      }),
      anEvent("order.balance_changed", { ...about, payload: { revision: 1, ...balanceOf({ orders: 1 }) } }),
      anEvent("order.balance_changed", {
        ...about,
        payload: { revision: 2, ...balanceOf({ orders: 1, paid: 89.99 }, { orders: 1 }) },
      }),
    ];
  },
  outcome: async name => {
    const contact = await world.read(contacts, `u_${name}`);
    const { email, name: called, orders, spent_minor, banned } = contact ?? {};
    return { email, called, orders, spent_minor, banned };
  },
  expected: {
    email: "ada@example.com",
    called: "Ada",
    orders: 1,
    spent_minor: { USD: 8999 },
    banned: false,
  },
});

async function report(event: Parameters<typeof reportEvent>[1]): Promise<void> {
  await reportEvent(world, event);
  await world.settle();
}

test("counts an order once when several systems report it", async () => {
  const about = { user_id: "u_twice", order_id: "o_twice" };
  for (let n = 0; n < 2; n++) {
    await report(anEvent("order.placed", { ...about, payload: { total: 10 } }));
    await report(anEvent("order.paid", { ...about, payload: { amount: 10 } }));
  }
  expect(await world.read(contacts, "u_twice")).toMatchObject({ orders: 1, spent_minor: { USD: 1000 } });
});

test("counts a payment without a user once the order names its buyer", async () => {
  const paid = { user_id: undefined, order_id: "o_whose", payload: { amount: 10 } };
  await report(anEvent("order.paid", paid));
  const placed = { user_id: "u_whose", order_id: "o_whose", payload: { payment_status: undefined } };
  await report(anEvent("order.placed", placed));
  await world.settle();
  expect(await world.read(contacts, "u_whose")).toMatchObject({ orders: 1, spent_minor: { USD: 1000 } });
});

test("ignores reports of other systems about an order of our checkout", async () => {
  const ours = {
    ...newOrder("o_ours", { currency: "USD", atMs: 1 }),
    source: "checkout",
    owned_by: "checkout",
    user_id: "u_ours",
  };
  await documentRef(orders, "o_ours").set(ours);
  const about = { user_id: "u_thief", order_id: "o_ours" };
  await report(anEvent("order.placed", { ...about, payload: { email: "thief@example.com" } }));
  await report(anEvent("order.paid", { ...about, payload: { amount: 1 } }));
  const { email, orders: count, spent_minor } = (await world.read(contacts, "u_thief")) ?? {};
  expect([email, count ?? 0, spent_minor ?? {}]).toEqual([undefined, 0, {}]);
});

test("keeps no contact for the order of a guest", async () => {
  const about = { user_id: undefined, order_id: "o_guest" };
  await report(anEvent("order.placed", { ...about, payload: { payment_status: undefined } }));
  await report(anEvent("order.paid", { ...about, payload: { amount: 10 } }));
  expect((await world.all(contacts)).filter(({ user_id }) => user_id.includes("guest"))).toEqual([]);
});

test("keeps a ban that arrives before the sign-up", async () => {
  await report(anEvent("user.banned", { user_id: "u_ban" }));
  await report(anEvent("user.signed_up", { user_id: "u_ban", payload: { email: "ban@example.com" } }));
  expect(await world.read(contacts, "u_ban")).toMatchObject({ banned: true, email: "ban@example.com" });
});

test("subtracts refunds from the money that a customer spent", async () => {
  const about = { user_id: "u_back", order_id: "o_back" };
  await report(anEvent("order.placed", { ...about, payload: { total: 10, payment_status: undefined } }));
  await report(anEvent("order.paid", { ...about, payload: { amount: 10 } }));
  await report(anEvent("refund.issued", { ...about, payload: { refund_id: "r", amount: 4 } }));
  expect(await world.read(contacts, "u_back")).toMatchObject({ orders: 1, spent_minor: { USD: 600 } });
});
