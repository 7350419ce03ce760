import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { LOCAL_MAIL } from "../../shared/mail/mail-config.ts";
import { savedCartToken } from "../../shared/mail/saved-cart-link.ts";

let world: MailWorld;
beforeAll(async () => {
  process.env["MAIL_POSTAL_ADDRESS"] = "";
  process.env["STOREFRONT_CART_URL"] = "https://shop.example/cart?lang=en";
  world = await startMailWorld();
  await world.advanceTo(9);
});
afterAll(() => world.close());

const REASON = "MAIL_POSTAL_ADDRESS is not set: marketing mails need a postal address";

test("sends no marketing mail without a postal address, and says so", async () => {
  await world.account("usr_ann", { marketing_consent: true });
  const payload = { scheduled_at: "2026-01-01T00:00:00Z" };
  const asked = { event_id: "evt_ask", user_id: "usr_ann", payload };
  await world.report(anEvent("message.personalized_send", asked));
  expect(await world.effectOf("cart-reminder/usr_ann/evt_ask")).toMatchObject({
    state: "skipped",
    reason: REASON,
  });
  expect(world.lines.filter(({ fields }) => fields["reason"] === REASON)).toMatchObject([
    { message: "effect.finished" },
  ]);
  const email = "usr_bea@example.com";
  await world.report(anEvent("user.signed_up", { user_id: "usr_bea", payload: { email } }));
  expect(await world.mails(email)).toHaveLength(1);
});

test("sends a browser to the storefront with the token and the step", async () => {
  const payload = { cart_id: undefined, product_id: "mug", product_name: "Mug" };
  await world.report(anEvent("cart.item_added", { user_id: "usr_ann", session_id: "s1", payload }));
  const cart = { cart_id: "cart_s1", user_id: "usr_ann", step: 2 };
  const token = savedCartToken(cart, { nowMs: world.clock.now(), secret: LOCAL_MAIL.UNSUBSCRIBE_SECRET });
  const link = `${world.url}/saved-cart/${token}`;
  const sent = await fetch(link, { headers: { accept: "text/html" }, redirect: "manual" });
  expect(sent.status).toBe(302);
  expect(sent.headers.get("location")).toBe(
    `https://shop.example/cart?lang=en&cart_token=${token}&reminder_step=2`,
  );
  const asked = await fetch(link, { headers: { accept: "application/json" } });
  expect(await asked.json()).toMatchObject({ reminder_step: 2, items: [{ product_id: "mug" }] });
});
