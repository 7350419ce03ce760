import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { access, marketingMails, users } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { armEffect } from "../../shared/pipeline/outbox/post-effect.ts";
import type { EffectRecord } from "../../shared/pipeline/records/effect-record.ts";
import { effectId, effects } from "../../shared/pipeline/records/effect-record.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: MailWorld;
beforeAll(async () => {
  world = await startMailWorld();
  // Quiet hours must not delay mails because of the time of the test run.
  await world.advanceTo(9);
});
afterEach(() => world.faults.set({}));
afterAll(async () => {
  const logged = JSON.stringify([
    world.lines.map(({ fields: { error, ...fields } }) => [fields, String(error)]),
    (await world.all(effects)).map(({ reason }) => reason),
  ]);
  await world.close();
  expect(logged).not.toContain("@example.com");
});

const addressOf = (userId: string) => `${userId}@example.com`;

const signUp = (userId: string) =>
  world.report(anEvent("user.signed_up", { user_id: userId, payload: { email: addressOf(userId) } }));

/** Reports a reminder that another system asks for. @returns the key of its mail */
async function ask(
  userId: string,
  { scheduledMs = 0, event_id = `evt_${userId}` }: { scheduledMs?: number; event_id?: string } = {},
) {
  const payload = { scheduled_at: new Date(scheduledMs).toISOString() };
  await world.report(anEvent("message.personalized_send", { event_id, user_id: userId, payload }));
  return `cart-reminder/${userId}/${event_id}`;
}

const agreed = { marketing_consent: true, marketing_consent_at_ms: 1 };

test("delivers a mail once, in text and HTML, under its effect's Message-ID", async () => {
  await signUp("usr_ann");
  await signUp("usr_ann");
  const [mail, ...others] = await world.mails(addressOf("USR_ANN"));
  expect(others).toEqual([]);
  expect(mail).toMatchObject({ subject: "Welcome to PulseCart", from: "shop@pulsecart.example" });
  expect(mail?.text).toContain("Your account is ready");
  expect(mail?.html).toContain("Your account is ready");
  const id = effectId("send-mail", "welcome/usr_ann").replace("~", ".");
  expect(mail?.message_id).toBe(`<${id}@pulsecart.example>`);
  expect(mail?.headers).toMatchObject({ "auto-submitted": "auto-generated", to: addressOf("usr_ann") });
  expect(Object.keys(mail?.headers ?? {}).filter(name => name.startsWith("list-"))).toEqual([]);
  expect(await world.effectOf("welcome/usr_ann")).toMatchObject({ state: "sent", lease: 1 });
});

test.each([
  ["refuses the connection", { smtp_refused: 1 }, /ECONNRESET|ECONNECTION/],
  ["is busy at the recipient", { smtp_4xx: 1, seed: 1 }, /451/],
  ["is busy after the mail", { smtp_4xx: 1, seed: 2 }, /451/],
])("retries a mail when the server %s, and sends it once", async (fault, rules, reason) => {
  const userId = `usr_${fault.replaceAll(" ", "_")}`;
  world.faults.set(rules);
  await signUp(userId);
  const planned = await world.effectOf(`welcome/${userId}`);
  expect(planned).toMatchObject({ state: "planned", lost: 0, reason: expect.stringMatching(reason) });
  world.faults.set({});
  await world.advance(MINUTE_MS);
  expect(await world.effectOf(`welcome/${userId}`)).toMatchObject({ state: "sent", lease: 2 });
  expect(await world.mails(addressOf(userId))).toHaveLength(1);
});

test("parks a mail that the server refuses permanently", async () => {
  world.faults.set({ smtp_5xx: 1 });
  await signUp("usr_none");
  await world.advance(HOUR_MS);
  expect(await world.effectOf("welcome/usr_none")).toMatchObject({
    state: "parked",
    lease: 1,
    reason: expect.stringContaining("550"),
  });
  expect(await world.mails(addressOf("usr_none"))).toEqual([]);
});

test("repeats a cut-off mail once under the same Message-ID", async () => {
  world.faults.set({ smtp_cut: 1 });
  await signUp("usr_cut");
  await world.advance(HOUR_MS);
  expect(await world.effectOf("welcome/usr_cut")).toMatchObject({ state: "unknown", lost: 2 });
  const ids = (await world.mails(addressOf("usr_cut"))).map(mail => mail.message_id);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

test("counts a mail as sent when its second attempt succeeds", async () => {
  world.faults.set({ smtp_cut: 1 });
  await signUp("usr_twice");
  world.faults.set({ smtp_slow: { probability: 1, ms: 20 } });
  await world.advance(HOUR_MS);
  expect(await world.effectOf("welcome/usr_twice")).toMatchObject({ state: "sent", lost: 1 });
  expect(await world.mails(addressOf("usr_twice"))).toHaveLength(2);
});

test("never repeats a cut-off marketing mail, which becomes unknown", async () => {
  await world.account("usr_unclear", agreed);
  world.faults.set({ smtp_cut: 1 });
  const key = await ask("usr_unclear");
  world.faults.set({});
  await world.advance(HOUR_MS);
  expect(await world.effectOf(key)).toMatchObject({ state: "unknown", lost: 1 });
  expect(await world.mails(addressOf("usr_unclear"))).toHaveLength(1);
});

test("waits up to two hours for an address", async () => {
  const order = (userId: string) =>
    world.report(anEvent("order.placed", { order_id: `ord_${userId}`, user_id: userId }));
  await order("usr_late");
  await order("usr_unknown");
  expect(await world.effectOf("order-placed/ord_usr_late")).toMatchObject({
    state: "planned",
    lease: 0,
    reason: "usr_late has no e-mail address yet",
  });
  expect(world.lines.at(-1)).toMatchObject({
    message: "effect.waiting",
    fields: { outcome: "planned", reason: "usr_unknown has no e-mail address yet" },
  });
  await world.account("usr_late");
  await world.advance(2 * MINUTE_MS);
  expect((await world.mails(addressOf("usr_late"))).map(mail => mail.subject)).toEqual([
    "Your order ord_usr_late",
  ]);
  await world.advance(2 * HOUR_MS);
  expect(await world.effectOf("order-placed/ord_usr_unknown")).toMatchObject({
    state: "skipped",
    reason: "no address was reported within 2 hours",
    arming: 5,
  });
});

test("sends mails of a guest order to the address of the order", async () => {
  const about = { order_id: "ord_guest", user_id: undefined };
  await world.report(anEvent("order.dispatched", about));
  await world.report(anEvent("order.placed", { ...about, payload: { email: "guest@example.com" } }));
  await world.advance(2 * MINUTE_MS);
  const mails = await world.mails("guest@example.com");
  expect(mails.map(mail => mail.subject).sort()).toEqual([
    "Your order ord_guest",
    "Your order ord_guest is on its way",
  ]);
});

test("sends no mail to an erased person", async () => {
  await documentRef(users, "usr_gone").set({ user_id: "usr_gone", erased_at_ms: 1 });
  await signUp("usr_gone");
  expect(await world.effectOf("welcome/usr_gone")).toMatchObject({
    state: "skipped",
    reason: "the person was erased",
  });
});

test("checks consent when the mail is due, not when it is planned", async () => {
  await world.account("usr_asked");
  const withoutConsent = await ask("usr_asked");
  expect(await world.effectOf(withoutConsent)).toMatchObject({
    state: "skipped",
    reason: "no consent: the user has stated none",
  });
  await world.advanceTo(9);
  await world.account("usr_fickle", agreed);
  const withdrawn = await ask("usr_fickle", { scheduledMs: world.clock.now() + HOUR_MS });
  await world.account("usr_fickle", { marketing_consent: false });
  await world.advance(2 * HOUR_MS);
  expect((await world.effectOf(withdrawn))?.state).toBe("skipped");
  expect(await world.mails(addressOf("usr_fickle"))).toEqual([]);
});

test("sends no marketing mail to a user with a reported ban", async () => {
  await world.account("usr_blocked", agreed);
  await documentRef(access, "usr_blocked").set({ user_id: "usr_blocked", blocked: true, courses: [] });
  const key = await ask("usr_blocked");
  expect(await world.effectOf(key)).toMatchObject({ state: "skipped", reason: "the account is blocked" });
});

test("delays only marketing mails in the quiet hours of the recipient", async () => {
  await world.advanceTo(14);
  // 14:00 UTC is 23:00 in Tokyo. The quiet hours there end at 8:00, which is 23:00 UTC.
  await world.account("usr_tokyo", { ...agreed, time_zone: "Asia/Tokyo" });
  const key = await ask("usr_tokyo");
  await signUp("usr_tokyo");
  await world.advanceTo(22);
  const subjects = async () => (await world.mails(addressOf("usr_tokyo"))).map(mail => mail.subject);
  expect(await subjects()).toEqual(["Welcome to PulseCart"]);
  expect(await world.effectOf(key)).toMatchObject({
    state: "planned",
    reason: "the recipient has quiet hours",
  });
  await world.advanceTo(23);
  expect(await subjects()).toEqual(["Welcome to PulseCart", "You left something in your cart"]);
});

test("sends at most two marketing mails in 24 hours, counting retries once", async () => {
  await world.advanceTo(9);
  await world.account("usr_much", agreed);
  world.faults.set({ smtp_4xx: 1 });
  await ask("usr_much", { event_id: "evt_first" });
  await world.advance(2 * MINUTE_MS);
  world.faults.set({});
  await world.advance(HOUR_MS);
  await Promise.all(["evt_second", "evt_third"].map(event_id => ask("usr_much", { event_id })));
  expect(await world.mails(addressOf("usr_much"))).toHaveLength(2);
  const states = ["first", "second", "third"].map(async name => {
    const { state, reason } = (await world.effectOf(`cart-reminder/usr_much/evt_${name}`)) ?? {};
    return state === "skipped" ? reason : state;
  });
  expect((await Promise.all(states)).sort()).toEqual([
    "2 marketing mails were sent in the last 24 hours",
    "sent",
    "sent",
  ]);
  expect((await world.read(marketingMails, "usr_much"))?.mails).toHaveLength(2);
  await world.account("usr_much", { ...agreed, time_zone: "Asia/Tokyo" });
  await ask("usr_much", { event_id: "evt_elsewhere" });
  expect(await world.mails(addressOf("usr_much"))).toHaveLength(2);
  await world.advance(DAY_MS);
  await world.account("usr_much", agreed);
  await ask("usr_much", { event_id: "evt_fourth" });
  expect(await world.mails(addressOf("usr_much"))).toHaveLength(3);
});

test("does not send a mail early when its task arrives early", async () => {
  await world.advanceTo(9);
  await world.account("usr_early", agreed);
  const key = await ask("usr_early", { scheduledMs: world.clock.now() + HOUR_MS });
  await armEffect(
    effectId("send-mail", key),
    { ...((await world.effectOf(key)) as EffectRecord), due_at_ms: 0 },
    "early",
  );
  await world.settle();
  expect(await world.mails(addressOf("usr_early"))).toEqual([]);
  await world.advance(HOUR_MS);
  expect(await world.mails(addressOf("usr_early"))).toHaveLength(1);
});
