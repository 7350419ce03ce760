import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { CARTS } from "../../shared/carts/write-cart.ts";
import { carts, orders } from "../../shared/collections.ts";
import type { Timestamp } from "../../shared/google/firestore.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { effectId, effects } from "../../shared/pipeline/records/effect-record.ts";
import { laneId } from "../../shared/pipeline/records/lane.ts";
import { lanes } from "../../shared/pipeline/records/lane-store.ts";
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
    const lamps = { product_id: "lamp", product_name: undefined, quantity: 2, unit_price: 20 };
    const added = anEvent("cart.item_added", { user_id: userId, session_id: userId, payload: lamps });
    await world.report(added);
  }
  await world.advance(2 * HOUR_MS + MINUTE_MS);
}

const buy = (userId: string) => world.send("POST", "/orders", { user_id: userId, cart_id: `cart_${userId}` });
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

test("decides no reminder after a concurrent purchase", async () => {
  await world.advanceTo(9);
  const userIds = [1, 2, 3].map(n => `usr_race${n}`);
  await abandon(userIds);
  // A slow mail server keeps each lease long enough to observe its commit time.
  world.faults.set({ smtp_slow: { probability: 1, ms: 300 } });
  const leasedMicros = new Map<string, number>();
  const purchases = new Map<string, ReturnType<typeof buy>>();
  const watches = await Promise.all(
    userIds.map(async userId => {
      const dueMs = (await reminderOf(userId))?.due_at_ms ?? 0;
      world.clock.at(dueMs, () => void purchases.set(userId, buy(userId)));
      return documentRef(effects, effectId("send-mail", keyOf(userId))).onSnapshot(seen => {
        if (seen.get("state") === "sending") leasedMicros.set(userId, microsOf(seen.updateTime));
      });
    }),
  );
  await world.advance(3 * HOUR_MS);
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
