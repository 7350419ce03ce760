import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
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

testDeliveries(() => world, {
  reaction: "email",
  given: name => world.account(name),
  events: name => [
    anEvent("user.signed_up", { user_id: name, payload: { email: `${name}@example.com` } }),
    anEvent("order.placed", { user_id: name, order_id: name }),
    anEvent("order.cancelled", { user_id: name, order_id: name, payload: { reason: undefined } }),
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
  ["message.personalized_send", "You left something in your cart", ["Your cart is still saved"]],
])("writes a mail about %s", async (type, subject, phrases) => {
  const userId = `usr_${type}`;
  await world.account(userId, { marketing_consent: true, marketing_consent_at_ms: 1, name: "Ann <i>" });
  const { example } = definitionOf(type);
  const payload =
    "email" in example.payload ? { ...example.payload, email: `${userId}@example.com` } : example.payload;
  await world.report({ ...example, payload, user_id: userId });
  const [mail, ...others] = await world.mails(`${userId}@example.com`);
  expect(others).toEqual([]);
  expect(mail?.subject).toBe(subject);
  for (const phrase of ["Ann", ...phrases]) {
    expect(mail?.text).toContain(phrase);
    expect(mail?.html).toContain(phrase);
  }
  expect(mail?.text).toContain("Hello Ann <i>,");
  expect(mail?.html).toContain("Hello Ann &lt;i&gt;,");
  expect(`${mail?.text} ${mail?.html} ${mail?.subject}`).not.toMatch(/undefined|null|NaN|\[object/);
});

test("stores only ids of the person when an account has the address", async () => {
  const { data } = (await world.effectOf("order-cancelled/ord_77234")) ?? {};
  expect(JSON.parse(data ?? "")).toEqual({
    template: "order-cancelled",
    order_id: "ord_77234",
    to: { order_id: "ord_77234", user_id: "usr_order.cancelled" },
    since_ms: expect.any(Number),
  });
});

test.each([
  ["an unknown channel", { channel: "sms" }, "the channel sms is not served"],
  ["an unknown template", { template_id: "tpl_winback" }, "there is no template tpl_winback"],
])("skips %s and records the reason", async (_case, payload, reason) => {
  const user_id = `usr_${Object.keys(payload)}`;
  await world.report(anEvent("message.personalized_send", { user_id, payload }));
  const entries = (await world.ledgerOf("email")).filter(({ cause }) => cause.subject === user_id);
  expect(entries).toMatchObject([{ state: "skipped", reason }]);
});

test("ignores an address that another system reports for our order", async () => {
  const ours = { ...newOrder("ord_ours", { currency: "USD", atMs: 1 }), owned_by: "checkout" };
  await documentRef(orders, "ord_ours").set(ours);
  const placed = { order_id: "ord_ours", user_id: "usr_thief", payload: { email: "thief@example.com" } };
  await world.report(anEvent("order.placed", placed));
  await world.report(anEvent("order.cancelled", { order_id: "ord_ours", user_id: undefined }));
  expect(await world.mails("thief@example.com")).toEqual([]);
});

test("parks an amount that is impossible in its currency", async () => {
  const odd = { order_id: "ord_odd", user_id: "usr_odd", payload: { refund_id: "ref_odd", amount: 0.001 } };
  await world.report(anEvent("refund.issued", odd));
  const entries = (await world.ledgerOf("email")).filter(({ cause }) => cause.subject === "usr_odd");
  expect(entries).toMatchObject([{ state: "parked" }]);
});
