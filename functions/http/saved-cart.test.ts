import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { carts, users } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { sealToken } from "../../shared/mail/link-token.ts";
import { LOCAL_MAIL } from "../../shared/mail/mail-config.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: MailWorld;
beforeAll(async () => {
  world = await startMailWorld();
  await world.send("PUT", "/products/lamp", { name: "Lamp <3", price: 20, stock: 1000 });
});
afterAll(() => world.close());

const HTML = { accept: "text/html,application/xhtml+xml" };

const added = (userId: string, sessionId: string, payload: object) =>
  anEvent("cart.item_added", { user_id: userId, session_id: sessionId, payload });

/** Leaves a cart with two products alone until its reminder is sent. @returns the link in the reminder */
async function linkOf(userId: string): Promise<string> {
  await world.advanceTo(9);
  await world.account(userId, { marketing_consent: true, name: "Ann Example" });
  await world.report(added(userId, userId, { product_id: "lamp", product_name: "Old name", quantity: 2 }));
  const mug = { product_id: "mug", product_name: "Mug", quantity: 1, unit_price: 5 };
  await world.report(added(userId, userId, mug));
  await world.advance(4 * HOUR_MS + 2 * MINUTE_MS);
  const reminder = (await world.mails(`${userId}@example.com`)).at(-1);
  const [link = ""] = /http\S+\/saved-cart\/\S+/.exec(reminder?.text ?? "") ?? [];
  expect(reminder?.html).toContain(`href="${link}"`);
  return link;
}

async function askFor(link: string, headers: Record<string, string> = {}) {
  const answer = await fetch(link, { headers, redirect: "manual" });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text };
}

test("restores the cart on any device and changes nothing", async () => {
  const link = await linkOf("usr_link");
  const before = await world.read(carts, "cart_usr_link");
  const { status, text, headers } = await askFor(link);
  expect(status).toBe(200);
  expect(JSON.parse(text)).toEqual({
    reminder_step: 1,
    expires_at: expect.any(String),
    items: [
      { product_id: "lamp", product_name: "Lamp <3", quantity: 2, unit_price: 20, currency: "USD" },
      { product_id: "mug", product_name: "Mug", quantity: 1, unit_price: 5, currency: "USD" },
    ],
  });
  expect(text).not.toMatch(/usr_link|Ann|example\.com/);
  expect([headers.get("referrer-policy"), headers.get("cache-control")]).toEqual(["no-referrer", "no-store"]);
  const page = await askFor(link, HTML);
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(page.text).toContain("2 × Lamp &lt;3, 20.00 USD each");
  expect((await fetch(link, { method: "HEAD" })).status).toBe(200);
  expect(await world.read(carts, "cart_usr_link")).toEqual(before);
  expect(JSON.stringify(world.lines)).not.toContain(link.split("/").at(-1));
});

test("holds no personal data in the link", async () => {
  const link = await linkOf("usr_secret");
  const bytes = Buffer.from(link.split("/").at(-1) ?? "", "base64url");
  expect(`${link} ${bytes.toString("latin1")}`).not.toMatch(/usr_secret|cart_usr/);
});

test("answers 404 to a link that no reminder carried", async () => {
  const link = await linkOf("usr_tamper");
  const tampered = [link.slice(0, -1), `${link}A`, `${link.slice(0, -3)}xyz`];
  const unsubscribe = sealToken("unsubscribe", "usr_tamper", LOCAL_MAIL.UNSUBSCRIBE_SECRET);
  for (const wrong of [...tampered, `${world.url}/saved-cart/${unsubscribe}`]) {
    const { status, text } = await askFor(wrong);
    expect([status, JSON.parse(text).type]).toEqual([404, expect.stringContaining("no-such-link")]);
    const page = await askFor(wrong, HTML);
    expect([page.status, page.text]).toEqual([404, expect.stringContaining("No reminder of ours")]);
  }
});

test("answers 410 with the reason once the link is of no use", async () => {
  const [expired, lent, erased] = [
    await linkOf("usr_late"),
    await linkOf("usr_lent"),
    await linkOf("usr_gone"),
  ];
  await world.report(added("usr_next", "usr_lent", { product_id: "gift" }));
  const tombstone = { user_id: "usr_gone", erased_at_ms: world.clock.now() };
  await documentRef(users, "usr_gone").set(tombstone);
  expect(await askFor(lent)).toMatchObject({ status: 410, text: expect.stringContaining("another person") });
  expect(await askFor(erased, HTML)).toMatchObject({ status: 410, text: expect.stringContaining("deleted") });
  // The other links took two days.
  await world.advance(27 * DAY_MS);
  expect((await askFor(expired)).status).toBe(200);
  await world.advance(2 * DAY_MS);
  expect(await askFor(expired, HTML)).toMatchObject({
    status: 410,
    text: expect.stringContaining("expired"),
  });
});

test("shows an empty cart after the purchase", async () => {
  const link = await linkOf("usr_buyer");
  await world.send("PUT", "/products/mug", { name: "Mug", price: 5, stock: 10 });
  const order = await world.send("POST", "/orders", { user_id: "usr_buyer", cart_id: "cart_usr_buyer" });
  expect(order.status).toBe(201);
  expect(JSON.parse((await askFor(link)).text).items).toEqual([]);
  expect((await askFor(link, HTML)).text).toContain("This cart is empty");
});
