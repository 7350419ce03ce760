import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { announce } from "../../scripts/test/announce.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { orderAddresses, orders } from "../../shared/collections.ts";
import type { EventType } from "../../shared/events/catalogue.ts";
import { definitionOf } from "../../shared/events/catalogue.ts";
import { documentRef, timestamp } from "../../shared/google/firestore.ts";
import type { Order } from "../../shared/rules/order/order.ts";
import { newOrder } from "../../shared/rules/order/order.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/values/durations.ts";

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
    anEvent("order.dispatched", { user_id: name, order_id: name }),
  ],
  outcome: async name =>
    (await world.mails(`${name}@example.com`)).map(mail => mail.subject.replace(name, "x")).sort(),
  expected: ["Welcome to PulseCart", "Your order x", "Your order x is on its way"],
});

/** A change of an order with its mails; `refunded` is the change of the refunded money. */
function change(name: string, revision: number, [previous_state, state, refunded]: [State, State, number]) {
  const amounts = { orders: 0, total: 0, paid: 0, owed_back: 0, still_due: 0, paid_orders: 0 };
  const changes = [{ ...amounts, currency: "USD", refunded }];
  const shipment = state === "cancelled" ? ("stopped" as const) : ("waiting" as const);
  const payload = { revision, state, previous_state, changes, shipment };
  return anEvent("order.balance_changed", { user_id: name, order_id: name, payload });
}

type State = "placed" | "paid" | "refunded" | "cancelled";

testDeliveries(() => world, {
  reaction: "email",
  announcedBy: "checkout",
  given: name => world.account(name),
  events: name => [
    change(name, 1, ["placed", "paid", 0]),
    change(name, 2, ["paid", "cancelled", 0]),
    change(name, 3, ["cancelled", "cancelled", 4]),
  ],
  outcome: async name =>
    (await world.mails(`${name}@example.com`)).map(mail => mail.subject.replace(name, "x")).sort(),
  expected: ["A refund for your order x", "Your order x was cancelled"],
});

test.each<[EventType, string, string[]]>([
  ["user.signed_up", "Welcome to PulseCart", ["Your account is ready"]],
  ["order.placed", "Your order ord_77234", ["Total: 89.99 USD"]],
  ["order.dispatched", "Your order ord_77234 is on its way", ["DHL", "00340434161094015902"]],
  ["payment.failed", "The payment for your order ord_77234 did not go through", ["not charged"]],
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
  const { data } = (await world.effectOf("order-placed/ord_77234")) ?? {};
  expect(JSON.parse(data ?? "")).toMatchObject({
    template: "order-placed",
    to: { order_id: "ord_77234", user_id: "usr_order.placed" },
  });
  expect(data).not.toContain("example.com");
});

describe("mails about the balance of an order", () => {
  const announced = async (event: ReturnType<typeof change>) => {
    await announce(event, "orders");
    await world.settle();
  };
  const mailsOf = async (name: string) => world.mails(`${name}@example.com`);

  test("states the reason and the refunded amount of each change", async () => {
    await world.account("usr_money");
    const cancelled = change("usr_money", 2, ["paid", "cancelled", 0]);
    await announced({ ...cancelled, payload: { ...cancelled.payload, reason: "too slow" } });
    await announced(change("usr_money", 3, ["cancelled", "cancelled", 4.5]));
    await announced(change("usr_money", 4, ["cancelled", "cancelled", 0.25]));
    const [first, ...refunds] = await mailsOf("usr_money");
    expect(first?.text).toContain("was cancelled and will not be sent");
    expect(first?.text).toContain("The reason: too slow");
    expect(refunds.map(({ text }) => /back ([\d.]+ USD)/.exec(text)?.[1])).toEqual(["4.50 USD", "0.25 USD"]);
  });

  test("mails each cancellation of an order once", async () => {
    await world.account("usr_again");
    await announced(change("usr_again", 4, ["paid", "cancelled", 0]));
    await announced(change("usr_again", 3, ["cancelled", "paid", 0]));
    await announced(change("usr_again", 2, ["paid", "cancelled", 0]));
    await announced(change("usr_again", 2, ["paid", "cancelled", 0]));
    expect(await mailsOf("usr_again")).toHaveLength(2);
  });

  test("mails no cancellation of a parcel that has left", async () => {
    await world.account("usr_left");
    const late = change("usr_left", 5, ["paid", "cancelled", 0]);
    await announced({ ...late, payload: { ...late.payload, shipment: "left" } });
    expect(await mailsOf("usr_left")).toEqual([]);
  });

  test("mails facts of the owner of orders alone", async () => {
    await world.account("usr_phished");
    await world.report(change("usr_phished", 1, ["paid", "cancelled", 9999]));
    await world.report(anEvent("order.cancelled", { user_id: "usr_phished", order_id: "usr_phished" }));
    await world.report(anEvent("refund.issued", { user_id: "usr_phished", order_id: "usr_phished" }));
    expect(await mailsOf("usr_phished")).toEqual([]);
  });
});

describe("our orders", () => {
  const ours = (orderId: string): Order => ({
    ...newOrder(orderId, { currency: "USD", atMs: 1 }),
    source: "checkout",
    owned_by: "checkout",
    total_minor: 100,
  });

  test("sends no mail when another system reports their parcel or payment", async () => {
    await world.account("usr_ours");
    await documentRef(orders, "ord_of_us").set(ours("ord_of_us"));
    const about = { order_id: "ord_of_us", user_id: "usr_ours" };
    await world.report(anEvent("order.dispatched", about));
    await world.report(anEvent("payment.failed", about));
    expect(await world.mails("usr_ours@example.com")).toEqual([]);
  });

  test("mails no failed payment when money came before the mail", async () => {
    await world.account("usr_rescued");
    const about = { order_id: "ord_rescued", user_id: "usr_rescued" };
    const paid = { ...ours("ord_rescued"), state: "paid" as const, paid: { amount_minor: 100 } };
    await documentRef(orders, "ord_rescued").set(paid);
    const failed = anEvent("payment.failed", { ...about, payload: { attempt_id: "a1" } });
    await announce(failed, "checkout");
    await world.settle();
    expect(await world.mails("usr_rescued@example.com")).toEqual([]);
    const effect = await world.effectOf("payment-failed/ord_rescued/a1");
    expect(effect).toMatchObject({ state: "skipped", reason: "the order was paid by another attempt" });
  });
});

test.each([
  ["a script as link", { tracking_url: "javascript:alert(1)" }, "alert"],
  ["a link with a misleading user", { tracking_url: "https://dhl.com@evil.example" }, "evil"],
  ["a web address as carrier", { carrier: "Pay at www.evil.example" }, "evil"],
  ["a web address as number", { tracking_number: "https://evil.example/x" }, "evil"],
])("leaves out %s from a mail about a parcel", async (what, payload, unwanted) => {
  const user_id = `usr_${what.replaceAll(" ", "_")}`;
  await world.account(user_id);
  await world.report(anEvent("order.dispatched", { user_id, order_id: user_id, payload }));
  const [mail] = await world.mails(`${user_id}@example.com`);
  expect(mail?.subject).toContain("is on its way");
  expect(`${mail?.text}${mail?.html}`).not.toContain(unwanted);
});

test("links the tracking of a parcel once, to a guest too", async () => {
  const about = { user_id: undefined, order_id: "ord_guest_parcel" };
  const payload = { tracking_url: "https://dhl.com/track?id=1&lang=en", tracking_number: "JD 0001" };
  await world.report(anEvent("order.dispatched", { ...about, payload }));
  await world.report(anEvent("order.dispatched", { ...about, payload: { carrier: "UPS" } }));
  await world.report(anEvent("order.placed", { ...about, payload: { email: "guest.parcel@example.com" } }));
  await world.advance(2 * MINUTE_MS);
  const mails = await world.mails("guest.parcel@example.com");
  const parcel = mails.filter(({ subject }) => subject.includes("on its way"));
  expect(parcel).toHaveLength(1);
  expect(parcel[0]?.text).toContain("Follow your parcel: https://dhl.com/track?id=1&lang=en");
  expect(parcel[0]?.html).toContain('href="https://dhl.com/track?id=1&amp;lang=en"');
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
  const ours = { ...newOrder("ord_ours", { currency: "USD", atMs: 1 }), owned_by: "checkout" };
  await documentRef(orders, "ord_ours").set(ours);
  const placed = { order_id: "ord_ours", user_id: "usr_thief", payload: { email: "thief@example.com" } };
  await world.report(anEvent("order.placed", placed));
  const failed = anEvent("payment.failed", { order_id: "ord_ours", user_id: undefined });
  await announce(failed, "checkout");
  await world.settle();
  expect(await world.mails("thief@example.com")).toEqual([]);
});

describe("address of a guest", () => {
  const order_id = "ord_guest";
  const about = { user_id: undefined, order_id };
  const email = "guest@example.com";
  const addressOf = () => world.read(orderAddresses, order_id);
  const refund = async (revision: number) => {
    await announce({ ...change(order_id, revision, ["paid", "paid", 1]), user_id: undefined }, "checkout");
    await world.settle();
  };

  test("lives 90 days from the last fact that calls for a mail", async () => {
    await world.report(anEvent("order.placed", { ...about, payload: { email } }));
    const placedMs = world.clock.now();
    expect((await addressOf())?.expires_at.toMillis()).toBeGreaterThan(placedMs + 90 * DAY_MS - HOUR_MS);
    await world.advanceUnswept(80 * DAY_MS);
    await refund(1);
    await world.advanceUnswept(80 * DAY_MS);
    await refund(2);
    const subjects = (await world.mails(email)).map(({ subject }) => subject);
    expect(subjects.filter(subject => subject.includes("refund"))).toHaveLength(2);
  });

  test("is gone after 90 days without a fact", async () => {
    await world.advanceUnswept(92 * DAY_MS);
    expect(await addressOf()).toBeUndefined();
    const sent = (await world.mails(email)).length;
    await refund(3);
    await world.advanceUnswept(3 * HOUR_MS);
    expect(await world.mails(email)).toHaveLength(sent);
    expect(await world.effectOf("refund-issued/ord_guest/3/USD")).toMatchObject({ state: "skipped" });
  });

  test("counts as deleted from its expiry on", async () => {
    const expired = { ...about, order_id: "ord_old", email, email_hash: "h", happened_at_ms: 1 };
    const expires_at = timestamp(world.clock.now() - 1);
    await documentRef(orderAddresses, "ord_old").set({ ...expired, expires_at });
    const cancelled = { ...change("ord_old", 1, ["placed", "cancelled", 0]), user_id: undefined };
    await announce(cancelled, "checkout");
    await world.settle();
    expect(await world.read(orderAddresses, "ord_old")).toBeUndefined();
  });
});

test("parks an amount that is impossible in its currency", async () => {
  await announce(change("usr_odd", 1, ["paid", "paid", 0.001]), "checkout");
  await world.settle();
  const entries = (await world.ledgerOf("email")).filter(({ cause }) => cause.subject === "usr_odd");
  expect(entries).toMatchObject([{ state: "parked" }]);
});
