import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { consentStatements, consents, users } from "../../shared/collections.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: MailWorld;
beforeAll(async () => {
  world = await startMailWorld();
  await world.advanceTo(9);
});
afterAll(() => world.close());

const isoOf = (ms: number) => new Date(ms).toISOString();
const addressOf = (userId: string) => `${userId}@example.com`;

const signedUp = (user_id: string, payload: object = {}, fields: object = {}) => ({
  event_type: "user.created",
  user_id,
  ...fields,
  payload: { email: addressOf(user_id), name: "Test User", ...payload },
});

/** The event of the first article, as the article prints it. */
const addedToCart = (user_id: string) => ({
  event_type: "cart.item_added",
  user_id,
  session_id: `sess_${user_id}`,
  payload: { product_id: "prod_991", product_name: "Wireless Headphones", quantity: 1, unit_price: 89.99 },
});

const changed = (user_id: string, marketing_consent: boolean, atMs: number, fields: object = {}) => ({
  event_type: "user.consent_changed",
  event_id: `evt_${user_id}_${atMs}_${marketing_consent}`,
  timestamp: isoOf(atMs),
  user_id,
  payload: { marketing_consent, source: "newsletter form", ...fields },
});

const consentOf = async (userId: string) => (await world.read(consents, userId))?.marketing_consent;
const statementsOf = async (userId: string) =>
  (await world.all(consentStatements)).filter(({ user_id }) => user_id === userId);
const reminderOf = (userId: string) => world.effectOf(`cart-reminder/cart_sess_${userId}/1/1`);

/** Leaves a cart alone until its reminder is due. */
async function leaveCart(userId: string): Promise<void> {
  await world.advanceTo(9);
  await world.report(addedToCart(userId));
  await world.advance(2 * HOUR_MS + MINUTE_MS);
  await world.advance(2 * HOUR_MS + MINUTE_MS);
}

describe("reminders", () => {
  test("reminds a user of other systems who consented at sign-up", async () => {
    await world.report(signedUp("usr_8821", { marketing_consent: true }));
    await leaveCart("usr_8821");
    expect((await world.mails(addressOf("usr_8821"))).map(({ subject }) => subject)).toEqual([
      "Welcome to PulseCart",
      "You left something in your cart",
    ]);
    expect(await statementsOf("usr_8821")).toMatchObject([
      { marketing_consent: true, source: "user.signed_up", producer: "ingest" },
    ]);
  });

  test("skips the reminder of a user who stated nothing, and says so", async () => {
    await world.report(signedUp("usr_8822"));
    await leaveCart("usr_8822");
    expect(await world.mails(addressOf("usr_8822"))).toHaveLength(1);
    expect(await reminderOf("usr_8822")).toMatchObject({
      state: "skipped",
      reason: "no consent: the user has stated none",
    });
  });

  test("reminds after a consent by PATCH, in the person's time zone", async () => {
    await world.report(signedUp("usr_8823"));
    const path = "/users/usr_8823";
    const asked = {
      marketing_consent: true,
      name: "Ada",
      time_zone: "Europe/Berlin",
      consent_wording: "Yes!",
    };
    const answer = await world.send("PATCH", path, asked);
    const shown = { user_id: "usr_8823", name: "Ada", marketing_consent: true, time_zone: "Europe/Berlin" };
    expect(answer).toMatchObject({ status: 200, body: shown });
    expect(answer.body.email).toBeUndefined();
    expect((await world.send("GET", path)).body).toEqual(answer.body);
    await leaveCart("usr_8823");
    const [, reminder] = await world.mails(addressOf("usr_8823"));
    expect(reminder?.text).toContain("Hello Ada,");
    expect(await statementsOf("usr_8823")).toMatchObject([{ wording: "Yes!", source: "PATCH /users/:id" }]);
  });

  test("ends reminders of a user of other systems after one click", async () => {
    await world.report(signedUp("usr_8824", { marketing_consent: true }));
    await leaveCart("usr_8824");
    const [, reminder] = await world.mails(addressOf("usr_8824"));
    const [, link = ""] = /^<(http[^>]+)>$/.exec(reminder?.headers["list-unsubscribe"] ?? "") ?? [];
    expect((await fetch(link, { method: "POST" })).status).toBe(200);
    expect(await consentOf("usr_8824")).toBe(false);
    // A consent from before the click arrives after the click.
    await world.report(changed("usr_8824", true, world.clock.now() - MINUTE_MS));
    expect(await consentOf("usr_8824")).toBe(false);
    const sources = (await statementsOf("usr_8824")).map(({ source }) => source).sort();
    expect(sources).toEqual(["newsletter form", "unsubscribe link", "user.signed_up"]);
    expect((await world.read(users, "usr_8824"))?.email).toBeUndefined();
  });
});

test("keeps one result in every order of arrival, also when delivered twice", async () => {
  const atMs = world.clock.now() - HOUR_MS;
  const said: readonly [marketing_consent: boolean, n: number][] = [
    [true, 0],
    [false, 1],
    [true, 2],
    [false, 2],
  ];
  const orders = permutations(said);
  for (const [index, order] of orders.entries()) {
    const userId = `usr_order${index}`;
    for (const [marketing_consent, n] of [...order, ...order.slice(0, 1)])
      await world.send("POST", "/events/ingest", changed(userId, marketing_consent, atMs + n));
  }
  await world.settle();
  for (const index of orders.keys()) {
    expect(await world.read(consents, `usr_order${index}`)).toMatchObject({
      marketing_consent: false,
      at_ms: atMs + 2,
    });
    expect(await statementsOf(`usr_order${index}`)).toHaveLength(4);
  }
});

test("counts a statement of a fast clock from its receipt", async () => {
  const nowMs = world.clock.now();
  await world.report(changed("usr_ahead", true, nowMs + 5 * HOUR_MS));
  await world.advance(MINUTE_MS);
  await world.report(changed("usr_ahead", false, nowMs + MINUTE_MS));
  expect(await consentOf("usr_ahead")).toBe(false);
});

test("gives a person of other systems no account by a change", async () => {
  await world.report(signedUp("usr_guest"));
  expect((await world.send("PATCH", "/users/usr_guest", { name: "Bea" })).status).toBe(200);
  const ban = { reason: "spam", banned_by: "admin" };
  expect((await world.send("POST", "/users/usr_guest/ban", ban)).status).toBe(404);
  const account = { email: addressOf("usr_guest"), name: "Bea" };
  expect((await world.send("POST", "/users", account)).status).toBe(201);
  const owner = { owned_by: "outside", owned_since_ms: expect.any(Number) };
  expect(await world.read(users, "usr_guest")).toEqual({ user_id: "usr_guest", name: "Bea", ...owner });
});

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length <= 1) return [[...all]];
  return all.flatMap((one, index) =>
    permutations(all.filter((_, other) => other !== index)).map(rest => [one, ...rest]),
  );
}
