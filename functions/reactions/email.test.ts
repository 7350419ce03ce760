import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { orders } from "../../shared/collections.ts";
import type { EventType } from "../../shared/events/catalogue.ts";
import { definitionOf } from "../../shared/events/catalogue.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { newOrder } from "../../shared/rules/order/order.ts";

let world: MailWorld;
beforeAll(async () => {
  world = await startMailWorld();
  await world.advanceTo(9);
});
afterAll(() => world.close());

const items = [{ product_id: "lamp", quantity: 1 }];

testDeliveries(() => world, {
  reaction: "email",
  given: name => world.account(name),
  events: name => [
    { event_type: "user.signed_up", user_id: name, payload: { email: `${name}@example.com` } },
    { event_type: "order.placed", user_id: name, order_id: name, payload: { items } },
    { event_type: "order.cancelled", user_id: name, order_id: name, payload: {} },
  ],
  outcome: async name =>
    (await world.mails(`${name}@example.com`)).map(mail => mail.subject.replace(name, "x")).sort(),
  expected: ["Welcome to PulseCart", "Your order x", "Your order x was cancelled"],
});

test.each<[EventType, string, string[]]>([
  ["user.signed_up", "Welcome to PulseCart", ["Your account is ready"]],
  ["order.placed", "Your order ord_77234", ["Total: 89.99 USD"]],
  ["order.cancelled", "Your order ord_77234 was cancelled", ["will not be sent"]],
  ["payment.failed", "The payment for your order ord_77234 did not go through", ["not charged"]],
  ["refund.issued", "A refund for your order ord_77234", ["89.99 USD"]],
  ["user.banned", "Your account was blocked", ["no longer log in"]],
  ["purchase.completed", "Your course is ready", ["crs_event_driven", "pur_4410, 49.00 USD"]],
  ["message.personalized_send", "You left something in your cart", ["It is still there"]],
])("writes about the catalogue's %s", async (type, subject, words) => {
  const userId = `usr_${type}`;
  await world.account(userId, { marketing_consent: true, marketing_consent_at_ms: 1, name: "Ann <i>" });
  const { example } = definitionOf(type);
  const payload =
    "email" in example.payload ? { ...example.payload, email: `${userId}@example.com` } : example.payload;
  await world.report({ ...example, payload, user_id: userId });
  const [mail, ...others] = await world.mails(`${userId}@example.com`);
  expect(others).toEqual([]);
  expect(mail?.subject).toBe(subject);
  for (const said of ["Ann", ...words]) {
    expect(mail?.text).toContain(said);
    expect(mail?.html).toContain(said);
  }
  expect(mail?.text).toContain("Hello Ann <i>,");
  expect(mail?.html).toContain("Hello Ann &lt;i&gt;,");
  expect(`${mail?.text} ${mail?.html} ${mail?.subject}`).not.toMatch(/undefined|null|NaN|\[object/);
});

test("keeps of a person only what is needed to find them, where their account tells the rest", async () => {
  const { data } = (await world.effectOf("order-cancelled/ord_77234")) ?? {};
  expect(JSON.parse(data ?? "")).toEqual({
    template: "order-cancelled",
    order_id: "ord_77234",
    to: { order_id: "ord_77234", user_id: "usr_order.cancelled" },
    since_ms: expect.any(Number),
  });
});

test.each([
  ["a channel that is not served", { channel: "sms" }, "the channel sms is not served"],
  ["a template that is not here", { template_id: "tpl_winback" }, "there is no template tpl_winback"],
])("skips %s and says so", async (_what, fields, reason) => {
  const { example } = definitionOf("message.personalized_send");
  const user_id = `usr_${Object.keys(fields)}`;
  await world.report({
    ...example,
    event_id: undefined,
    user_id,
    payload: { ...example.payload, ...fields },
  });
  const entries = (await world.ledgerOf("email")).filter(({ cause }) => cause.subject === user_id);
  expect(entries).toMatchObject([{ state: "skipped", reason }]);
});

test("writes about an order that was taken here to nobody another system names", async () => {
  const ours = { ...newOrder("ord_ours", { currency: "USD", atMs: 1 }), source: "checkout" };
  await documentRef(orders, "ord_ours").set(ours);
  const payload = { items, email: "thief@example.com" };
  await world.report({ event_type: "order.placed", order_id: "ord_ours", user_id: "usr_thief", payload });
  await world.report({ event_type: "order.cancelled", order_id: "ord_ours", payload: {} });
  expect(await world.mails("thief@example.com")).toEqual([]);
});

test("parks an amount that its currency cannot have", async () => {
  const payload = { refund_id: "ref_odd", amount: 0.001, currency: "USD" };
  await world.report({ event_type: "refund.issued", order_id: "ord_odd", user_id: "usr_odd", payload });
  const entries = (await world.ledgerOf("email")).filter(({ cause }) => cause.subject === "usr_odd");
  expect(entries).toMatchObject([{ state: "parked" }]);
});
