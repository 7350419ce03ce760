import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { CARTS } from "../../shared/carts/write-cart.ts";
import { carts, orders, shoppers } from "../../shared/collections.ts";
import type { Timestamp } from "../../shared/google/firestore.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { effectId, effects } from "../../shared/pipeline/records/effect-record.ts";
import { laneId } from "../../shared/pipeline/records/lane.ts";
import { lanes } from "../../shared/pipeline/records/lane-store.ts";
import { EMPTY_SHOPPER } from "../../shared/rules/cart/cart-memory.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: MailWorld;
beforeAll(async () => {
  world = await startMailWorld();
  await world.send("PUT", "/products/lamp", { name: "Lamp <3", price: 20, stock: 1000 });
});
afterEach(() => world.faults.set({}));
afterAll(() => world.close());

const addressOf = (userId: string) => `${userId}@example.com`;
const agreed = { marketing_consent: true, marketing_consent_at_ms: 1 };

/** Fills the cart `cart_USER` of each user with lamps and waits until its reminder is planned. */
async function abandon(userIds: readonly string[]): Promise<void> {
  for (const userId of userIds) {
    await world.account(userId, agreed);
    const payload = { product_id: "lamp", product_name: undefined, quantity: 2, unit_price: 20 };
    const added = anEvent("cart.item_added", { user_id: userId, session_id: userId, payload });
    await world.report(added);
  }
  await world.advance(2 * HOUR_MS + MINUTE_MS);
}

const lamps = { items: [{ product_id: "lamp", quantity: 1 }] };
const order = (body: object) => world.send("POST", "/orders", body);
const buy = (userId: string) => order({ user_id: userId, cart_id: `cart_${userId}` });
const keyOf = (userId: string) => `cart-reminder/cart_${userId}/1/1`;
const reminderOf = (userId: string) => world.effectOf(keyOf(userId));

test("reminds of an abandoned cart two hours after the abandonment", async () => {
  await world.advanceTo(9);
  await abandon(["usr_left"]);
  await world.advance(2 * HOUR_MS - 5 * MINUTE_MS);
  expect(await world.mails(addressOf("usr_left"))).toEqual([]);
  world.faults.set({ smtp_4xx: 1 });
  await world.advance(5 * MINUTE_MS);
  world.faults.set({});
  expect(await world.read(carts, "cart_usr_left")).toMatchObject({ status: "reminded" });
  await world.advance(15 * MINUTE_MS);
  const [mail] = await world.mails(addressOf("usr_left"));
  expect(mail?.text).toContain("2 × Lamp <3, 20.00 USD each");
  expect(mail?.html).toContain("2 × Lamp &lt;3, 20.00 USD each");
  expect(mail?.headers["list-unsubscribe-post"]).toBe("List-Unsubscribe=One-Click");
  expect((await reminderOf("usr_left"))?.state).toBe("sent");
});

const microsOf = (time: Timestamp | undefined): number =>
  time ? time.seconds * 1e6 + Math.floor(time.nanoseconds / 1000) : Number.NaN;

const remindersTo = async (userId: string) =>
  (await world.mails(addressOf(userId))).filter(mail => mail.subject.startsWith("You left"));

test("does not remind of a bought cart", async () => {
  await world.advanceTo(9);
  await abandon(["usr_bought"]);
  expect((await buy("usr_bought")).status).toBe(201);
  await world.advance(3 * HOUR_MS);
  expect(await reminderOf("usr_bought")).toMatchObject({
    state: "skipped",
    reason: "the cart has changed since it was abandoned",
  });
  expect(await remindersTo("usr_bought")).toEqual([]);
});

test.each([
  ["of the cart", buy],
  ["without a cart", (userId: string) => order({ user_id: userId, ...lamps })],
  [
    "of another cart",
    (userId: string) => order({ user_id: userId, ...lamps, cart_id: `cart_laptop_${userId}` }),
  ],
])("decides no reminder after a concurrent purchase %s", async (what, purchase) => {
  await world.advanceTo(9);
  const userIds = [1, 2, 3].map(n => `usr_race${n}_${what.length}`);
  await abandon(userIds);
  // A slow mail server keeps each lease long enough to observe its commit time.
  world.faults.set({ smtp_slow: { probability: 1, ms: 300 } });
  const leasedMicros = new Map<string, number>();
  const purchases = new Map<string, ReturnType<typeof order>>();
  const watches = await Promise.all(
    userIds.map(async userId => {
      const dueMs = (await reminderOf(userId))?.due_at_ms ?? 0;
      world.clock.at(dueMs, () => void purchases.set(userId, purchase(userId)));
      return documentRef(effects, effectId("send-mail", keyOf(userId))).onSnapshot(seen => {
        if (seen.get("state") === "sending") leasedMicros.set(userId, microsOf(seen.updateTime));
      });
    }),
  );
  await world.advance(3 * HOUR_MS);
  world.faults.set({});
  for (const stop of watches) stop();
  for (const userId of userIds) {
    const { status, body } = (await purchases.get(userId)) ?? {};
    expect(status).toBe(201);
    const order = await documentRef(orders, body.order_id).get();
    const isSent = (await reminderOf(userId))?.state === "sent";
    expect(await remindersTo(userId)).toHaveLength(isSent ? 1 : 0);
    expect(leasedMicros.has(userId)).toBe(isSent);
    if (isSent) expect(leasedMicros.get(userId)).toBeLessThan(microsOf(order.createTime));
  }
});

test("waits while a lane holds back an event of the shopper", async () => {
  await world.advanceTo(9);
  await abandon(["usr_held"]);
  const lane = documentRef(lanes, laneId(CARTS, "usr_held"));
  await lane.set({ reaction: CARTS, key: "usr_held", places: [], head_is_queued: false, changed_at_ms: 0 });
  await world.advance(3 * HOUR_MS);
  expect(await reminderOf("usr_held")).toMatchObject({ state: "planned", lease: 0 });
  await lane.delete();
  await world.advance(10 * MINUTE_MS);
  expect((await reminderOf("usr_held"))?.state).toBe("sent");
});

/** Adds a product to the cart of one device of a user. */
async function put(userId: string, device: string, item: object): Promise<void> {
  const session_id = `${device}_${userId}`;
  await world.report(anEvent("cart.item_added", { user_id: userId, session_id, payload: item }));
}

const lamp = {
  product_id: "lamp",
  product_name: undefined,
  quantity: 1,
  unit_price: 20,
  currency: undefined,
};

test.each([
  [
    "our checkout takes the order",
    (userId: string) => order({ user_id: userId, cart_id: `cart_laptop_${userId}` }),
  ],
  [
    "another system reports the order with its session",
    (userId: string) => world.report(reportedOrder(userId, { session_id: `laptop_${userId}` })),
  ],
])("does not remind of what the other device bought when %s", async (what, buyOnLaptop) => {
  await world.advanceTo(9);
  const userId = `usr_devices${what.length}`;
  await world.account(userId, agreed);
  await put(userId, "phone", lamp);
  await put(userId, "laptop", lamp);
  await buyOnLaptop(userId);
  await world.advance(5 * HOUR_MS);
  expect(await remindersTo(userId)).toEqual([]);
  expect(await world.read(carts, `cart_phone_${userId}`)).toMatchObject({ status: "bought", lines: [] });
});

const reportedOrder = (userId: string, more: object) =>
  anEvent("order.placed", {
    ...{ user_id: userId, order_id: `ord_${userId}`, timestamp: new Date(world.clock.now()).toISOString() },
    ...{ payload: lamps, ...more },
  });

test("reminds of the rest after a partial order voids the first reminder", async () => {
  await world.advanceTo(9);
  await world.account("usr_rest", agreed);
  await put("usr_rest", "phone", lamp);
  await put("usr_rest", "phone", { ...lamp, product_id: "chair", product_name: "Chair" });
  await world.advance(3 * HOUR_MS);
  await order({ user_id: "usr_rest", ...lamps });
  await world.advance(90 * MINUTE_MS);
  expect(await remindersTo("usr_rest")).toEqual([]);
  await world.advance(3 * HOUR_MS);
  const [mail, ...others] = await remindersTo("usr_rest");
  expect(mail?.text).toContain("Chair");
  expect(mail?.text).not.toContain("Lamp");
  expect(others).toEqual([]);
});

test("reads the memory of a checkout before the other cart is written", async () => {
  await world.advanceTo(9);
  await abandon(["usr_memory"]);
  const at_ms = world.clock.now();
  const bought = {
    kind: "order" as const,
    id: "ord_memory",
    at_ms,
    received_at_ms: at_ms,
    user_id: "usr_memory",
  };
  const memory = await world.read(shoppers, "usr_memory");
  await documentRef(shoppers, "usr_memory").set({
    ...EMPTY_SHOPPER,
    ...memory,
    orders: [{ ...bought, product_ids: ["lamp"] }],
  });
  await world.advance(3 * HOUR_MS);
  expect(await reminderOf("usr_memory")).toMatchObject({ state: "skipped" });
  expect(await remindersTo("usr_memory")).toEqual([]);
});

test("reminds once of the same products in two carts", async () => {
  await world.advanceTo(9);
  await world.account("usr_same", agreed);
  await put("usr_same", "phone", lamp);
  await put("usr_same", "laptop", { ...lamp, quantity: 2 });
  await world.advance(5 * HOUR_MS);
  expect(await remindersTo("usr_same")).toHaveLength(1);
  await world.advanceTo(9);
  await put("usr_same", "phone", lamp);
  await world.advance(5 * HOUR_MS);
  expect(await remindersTo("usr_same")).toHaveLength(1);
});

const product = (id: string, fields: object) => world.send("PUT", `/products/${id}`, { name: id, ...fields });

test("shows the present price and leaves sold-out products out", async () => {
  await world.advanceTo(9);
  await world.account("usr_price", agreed);
  await product("vase", { price: 20, currency: "EUR", stock: 5 });
  await product("rug", { price: 20, stock: 5 });
  for (const product_id of ["vase", "rug", "unknown"])
    await put("usr_price", "phone", { ...lamp, product_id });
  expect((await world.read(carts, "cart_phone_usr_price"))?.lines).toMatchObject([
    { currency: "EUR" },
    { currency: "USD" },
    { currency: "USD" },
  ]);
  await world.advance(3 * HOUR_MS);
  await product("vase", { price: 35, currency: "EUR" });
  await world.send("POST", "/products/rug/stock", { delta: -5, reason: "sold" });
  await world.advance(2 * HOUR_MS);
  const [mail] = await remindersTo("usr_price");
  expect(mail?.text).toContain("1 × vase, 35.00 EUR each");
  expect(mail?.text).toContain("1 × unknown, 20.00 USD each");
  expect(mail?.text).not.toMatch(/rug|still/);
});

test("sends no reminder when every product is sold out", async () => {
  await world.advanceTo(9);
  await product("last", { price: 20, stock: 0 });
  await world.account("usr_out", agreed);
  await put("usr_out", "phone", { ...lamp, product_id: "last" });
  await world.advance(5 * HOUR_MS);
  expect(await world.effectOf("cart-reminder/cart_phone_usr_out/1/1")).toMatchObject({
    state: "skipped",
    reason: "every item of the cart is sold out",
  });
});

/** Reports an abandoned cart that is not kept here, as the article on producers does. */
async function reportAbandoned(userId: string, more: object = {}): Promise<void> {
  await world.report({
    event_type: "cart.abandoned",
    user_id: userId,
    session_id: `sess_of_${userId}`,
    payload: { cart_id: `cart_of_${userId}`, items: [{ product_id: "lamp", quantity: 1 }], total: 89.99 },
    ...more,
  });
}

describe("reported carts", () => {
  test("leads to one reminder with the items that its report names", async () => {
    await world.advanceTo(9);
    await world.account("usr_8821", agreed);
    await reportAbandoned("usr_8821");
    await reportAbandoned("usr_8821");
    await world.advance(3 * HOUR_MS);
    const [mail, ...others] = await remindersTo("usr_8821");
    expect(mail?.text).toContain("1 × Lamp <3, 20.00 USD each");
    expect(others).toEqual([]);
  });

  test("needs consent for its reminder", async () => {
    await world.advanceTo(9);
    await world.account("usr_silent", {});
    await reportAbandoned("usr_silent");
    await world.advance(3 * HOUR_MS);
    expect(await remindersTo("usr_silent")).toEqual([]);
  });

  test.each([
    ["our checkout", (userId: string) => order({ user_id: userId, ...lamps })],
    ["another system", (userId: string) => world.report(reportedOrder(userId, {}))],
    [
      "a guest who names the cart",
      (userId: string) =>
        world.report(
          reportedOrder(userId, { user_id: undefined, payload: { ...lamps, cart_id: `cart_of_${userId}` } }),
        ),
    ],
  ])("leads to no reminder after an order of %s", async (what, purchase) => {
    await world.advanceTo(9);
    const userId = `usr_covered${what.length}`;
    await world.account(userId, agreed);
    await reportAbandoned(userId);
    await purchase(userId);
    await world.advance(3 * HOUR_MS);
    expect(await remindersTo(userId)).toEqual([]);
  });

  test("leaves the reminder to our own cart of the same session", async () => {
    await world.advanceTo(9);
    await world.account("usr_both", agreed);
    await reportAbandoned("usr_both", { session_id: "phone_usr_both" });
    await put("usr_both", "phone", { ...lamp, product_id: "chair", product_name: "Chair" });
    await world.advance(2 * HOUR_MS + MINUTE_MS);
    await reportAbandoned("usr_both", { session_id: "phone_usr_both" });
    await world.advance(3 * HOUR_MS);
    const [mail, ...others] = await remindersTo("usr_both");
    expect(mail?.text).toContain("Chair");
    expect(others).toEqual([]);
  });
});
