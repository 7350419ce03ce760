import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { orderAddresses, orders } from "../../shared/collections.ts";
import type { EventType } from "../../shared/events/catalogue.ts";
import { definitionOf } from "../../shared/events/catalogue.ts";
import { documentRef, timestamp } from "../../shared/google/firestore.ts";
import { newOrder } from "../../shared/rules/order/order.ts";
import { DAY_MS, HOUR_MS } from "../../shared/values/durations.ts";

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
  ["message.personalized_send", "You left something in your cart", ["Prices and availability may change"]],
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
  ["an unknown channel", { channel: "sms ann@x.y" }, "the channel is not served: expected email"],
  [
    "an unknown template",
    { template_id: "tpl_winback" },
    "the template does not exist: expected tpl_abandon_v3",
  ],
])("skips %s and records the reason", async (_case, payload, reason) => {
  const user_id = `usr_${Object.keys(payload)}`;
  await world.report(anEvent("message.personalized_send", { user_id, payload }));
  const entries = (await world.ledgerOf("email")).filter(({ cause }) => cause.subject === user_id);
  expect(entries).toMatchObject([{ state: "skipped", reason }]);
});

test("ignores an address that another system reports for our order", async () => {
  const ours = { ...newOrder("ord_ours", { currency: "USD", atMs: 1 }), source: "checkout" };
  await documentRef(orders, "ord_ours").set(ours);
  const placed = { order_id: "ord_ours", user_id: "usr_thief", payload: { email: "thief@example.com" } };
  await world.report(anEvent("order.placed", placed));
  await world.report(anEvent("order.cancelled", { order_id: "ord_ours", user_id: undefined }));
  expect(await world.mails("thief@example.com")).toEqual([]);
});

describe("address of a guest", () => {
  const order_id = "ord_guest";
  const about = { user_id: undefined, order_id };
  const email = "guest@example.com";
  const addressOf = () => world.read(orderAddresses, order_id);
  const refund = (refund_id: string) =>
    world.report(anEvent("refund.issued", { ...about, payload: { refund_id, amount: 1 } }));

  test("lives 90 days from the last fact that calls for a mail", async () => {
    await world.report(anEvent("order.placed", { ...about, payload: { email } }));
    const placedMs = world.clock.now();
    expect((await addressOf())?.expires_at.toMillis()).toBeGreaterThan(placedMs + 90 * DAY_MS - HOUR_MS);
    await world.advanceUnswept(80 * DAY_MS);
    await refund("ref_1");
    await world.advanceUnswept(80 * DAY_MS);
    await refund("ref_2");
    const subjects = (await world.mails(email)).map(({ subject }) => subject);
    expect(subjects.filter(subject => subject.includes("refund"))).toHaveLength(2);
  });

  test("is gone after 90 days without a fact", async () => {
    await world.advanceUnswept(92 * DAY_MS);
    expect(await addressOf()).toBeUndefined();
    const sent = (await world.mails(email)).length;
    await refund("ref_3");
    await world.advanceUnswept(3 * HOUR_MS);
    expect(await world.mails(email)).toHaveLength(sent);
    expect(await world.effectOf("refund-issued/ord_guest/ref_3")).toMatchObject({ state: "skipped" });
  });

  test("counts as deleted from its expiry on", async () => {
    const expired = { ...about, order_id: "ord_old", email, email_hash: "h", happened_at_ms: 1 };
    const expires_at = timestamp(world.clock.now() - 1);
    await documentRef(orderAddresses, "ord_old").set({ ...expired, expires_at });
    await world.report(anEvent("order.cancelled", { ...about, order_id: "ord_old" }));
    expect(await world.read(orderAddresses, "ord_old")).toBeUndefined();
  });
});

test("parks an amount that is impossible in its currency", async () => {
  const odd = { order_id: "ord_odd", user_id: "usr_odd", payload: { refund_id: "ref_odd", amount: 0.001 } };
  await world.report(anEvent("refund.issued", odd));
  const entries = (await world.ledgerOf("email")).filter(({ cause }) => cause.subject === "usr_odd");
  expect(entries).toMatchObject([{ state: "parked" }]);
});
