import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { documentPaths } from "../../scripts/test/document-texts.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import {
  addressErasures,
  guestErasures,
  orderAddresses,
  orderErasures,
  orders,
} from "../../shared/collections.ts";
import { validate } from "../../shared/events/validate.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import { DAY_MS, HOUR_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    ...["http/accounts", "http/checkout", "http/ingest", "reactions/archive", "reactions/crm"],
    ...["reactions/email", "reactions/orders", "timers/erase-orders", "timers/erase-person"],
    "effects/send-mail",
  ]);
});
afterAll(() => world.close());

async function report(event: object): Promise<void> {
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
}

interface Guest {
  order_id: string;
  email: string;
  /** Texts that no document may contain after the erasure. */
  texts: string[];
  reported: object[];
}

const PAID = { items: [{ product_id: "lamp", quantity: 1 }], total: 20, payment_status: "confirmed" };

/** Reports the order of a guest whose texts are in every kind of document that can hold them. */
async function createGuest(name: string, email = `${name}@Example.com`): Promise<Guest> {
  const order_id = `ord_${name}`;
  const textOf = (kind: string) => `${kind} of ${name}`;
  const items = [{ product_id: "lamp", quantity: 1, engraving: textOf("engraving") }];
  // The amount is impossible in its currency, so reactions park the event.
  const unreadable = { amount: 9.999, currency: "USD", card_holder: textOf("card") };
  const reported = [
    { event_type: "order.placed", order_id, payload: { items, total: 20, email } },
    { event_type: "order.paid", order_id, payload: unreadable },
    { event_type: "order.cancelled", order_id, payload: { reason: textOf("reason") } },
  ].map((event, index) => ({ ...event, event_id: `evt_${name}_${index}` }));
  for (const event of reported) await report(event);
  await world.settle();
  const texts = [email, email.toLowerCase(), ...["engraving", "card", "reason"].map(textOf)];
  return { order_id, email, texts, reported };
}

const pathsOf = ({ texts }: Guest) => documentPaths(texts);
const kindsOf = async (guest: Guest) => [...new Set((await pathsOf(guest)).map(path => path.split("/")[0]))];

async function erase(body: object): Promise<string> {
  const sent = await world.send("POST", "/erasures", body);
  expect(sent).toMatchObject({ status: 202, body: { status: "erasing" } });
  await world.settle();
  return sent.body.erasure_id;
}

describe("erasure of a guest's order", () => {
  test("removes every text of the guest and keeps every fact", async () => {
    const ann = await createGuest("ann");
    const other = await createGuest("other");
    const kinds = ["effects", "events", "ledger", "order_addresses", "orders"];
    expect((await kindsOf(ann)).sort()).toEqual(kinds);
    const before = (await world.all(archivedEvents)).length;
    const id = await erase({ order_id: ann.order_id });
    expect(await pathsOf(ann)).toEqual([]);
    expect((await kindsOf(other)).sort()).toEqual(kinds);
    expect(await world.read(orders, ann.order_id)).toMatchObject({ state: "cancelled", total_minor: 2000 });
    const events = (await world.all(archivedEvents)).map(({ event }) => JSON.parse(event));
    expect(events).toHaveLength(before);
    expect(events.filter(event => !validate(event).ok)).toEqual([]);
    const shown = await world.send("GET", `/erasures/${id}`);
    expect(shown.body).toMatchObject({ status: "erased", looked_through_at: expect.any(String) });
  });

  test("stores no text of later reports and sends no mail", async () => {
    const bob = await createGuest("bob");
    await erase({ order_id: bob.order_id });
    const sent = (await world.mails(bob.email)).length;
    for (const event of bob.reported.filter((_, index) => index !== 1))
      await report({ ...event, event_id: undefined });
    // Another system names the order together with a user.
    await report({ ...bob.reported[0], event_id: "evt_bob_user", user_id: "usr_bob" });
    await report({ event_type: "payment.failed", order_id: bob.order_id, payload: { error: bob.texts[2] } });
    await world.settle();
    const cancelled = await world.send("POST", `/orders/${bob.order_id}/cancel`, { reason: bob.texts[2] });
    expect(cancelled).toMatchObject({ status: 410, body: { detail: expect.stringContaining("erased") } });
    expect(await pathsOf(bob)).toEqual([]);
    expect(await world.mails(bob.email)).toHaveLength(sent);
    const held = (await world.send("GET", "/users/usr_bob/data")).body;
    expect(held).toMatchObject({ users: null, contacts: { user_id: "usr_bob" } });
  });

  test("refuses a tracking and lets the parcel leave", async () => {
    const uma = await createGuest("uma");
    const { texts } = uma;
    await report({
      event_type: "order.placed",
      order_id: "ord_uma_2",
      payload: { email: uma.email, ...PAID },
    });
    await world.settle();
    await erase({ email: uma.email });
    const ask = (path: string, body: object) => world.send("POST", `/orders/ord_uma_2/${path}`, body);
    const number = { carrier: "DHL", tracking_number: texts[2] };
    const link = { tracking_url: `https://dhl.example/${encodeURIComponent(texts[2] ?? "")}` };
    for (const tracking of [number, link])
      expect(await ask("dispatch", tracking)).toMatchObject({ status: 410, body: { status: 410 } });
    expect(await ask("dispatch", { carrier: "DHL" })).toMatchObject({ status: 200 });
    await world.settle();
    expect(await pathsOf(uma)).toEqual([]);
  });

  test("stores no error of a payment that fails later", async () => {
    const vic = await createGuest("vic");
    const payload = { email: vic.email, items: PAID.items, total: 20 };
    await report({ event_type: "order.placed", order_id: "ord_vic_2", payload });
    await world.settle();
    await erase({ email: vic.email });
    const failed = { attempt_id: "a1", status: "failed", error: vic.texts[2] };
    expect(await world.send("POST", "/orders/ord_vic_2/payments", failed)).toMatchObject({ status: 201 });
    await world.settle();
    expect(await pathsOf(vic)).toEqual([]);
  });

  test("removes texts of an event that waits for a retry", async () => {
    const cleo = await createGuest("cleo");
    await erase({ order_id: cleo.order_id });
    await report({ ...cleo.reported[1], event_id: "evt_cleo_late" });
    await world.settle();
    expect(await kindsOf(cleo)).toEqual(["ledger"]);
    await world.advance(9 * HOUR_MS);
    expect(await pathsOf(cleo)).toEqual([]);
  });

  test("resumes after faults of the platform", async () => {
    const dan = await createGuest("dan");
    expect((await world.send("POST", "/erasures", { order_id: dan.order_id })).status).toBe(202);
    world.faults.set({ seed: 5, unavailable: 0.05, lose_answer: 0.05, aborted: 0.05 });
    await world.settle();
    world.faults.set({});
    await world.advance(HOUR_MS);
    expect(await pathsOf(dan)).toEqual([]);
  });

  test("refuses unknown orders, orders of users and unclear requests", async () => {
    const items = [{ product_id: "lamp", quantity: 1 }];
    await report({ event_type: "order.placed", order_id: "ord_usr", user_id: "usr_x", payload: { items } });
    await world.settle();
    const [unknown, ofUser, both, none] = await Promise.all(
      [
        { order_id: "ord_none" },
        { order_id: "ord_usr" },
        { order_id: "ord_usr", email: "x@example.com" },
        {},
      ].map(body => world.send("POST", "/erasures", body)),
    );
    expect([unknown?.status, ofUser?.status, both?.status, none?.status]).toEqual([404, 409, 422, 422]);
    expect(ofUser?.body.detail).toContain("DELETE /users/usr_x");
    expect((await world.send("GET", "/erasures/era_none")).status).toBe(404);
    expect(await world.read(orderErasures, "ord_usr")).toBeUndefined();
  });
});

describe("erasure of an address", () => {
  test("removes every order with the address in any case", async () => {
    const guests: Guest[] = [];
    for (let n = 0; n < 12; n += 1)
      guests.push(await createGuest(`eve${n}`, n % 2 ? "Eve@x.example" : "eve@X.example"));
    const other = await createGuest("fay");
    await erase({ email: "EVE@x.example" });
    for (const guest of guests) expect(await pathsOf(guest)).toEqual([]);
    expect(await pathsOf(other)).not.toEqual([]);
    const texts = [...(await world.all(addressErasures)), ...(await world.all(guestErasures))];
    expect(JSON.stringify(texts)).not.toMatch(/x\.example/i);
  });

  test("finds an order whose address has expired", async () => {
    const gus = await createGuest("gus");
    await world.advance(92 * DAY_MS);
    expect(await world.read(orderAddresses, gus.order_id)).toBeUndefined();
    await erase({ email: gus.email });
    expect(await pathsOf(gus)).toEqual([]);
  });

  test("covers orders on their way and spares later ones", async () => {
    const hal = { email: "hal@example.com" };
    const items = [{ product_id: "lamp", quantity: 1 }];
    const placed = (order_id: string, timestamp?: string) =>
      report({ event_type: "order.placed", order_id, timestamp, payload: { items, ...hal } });
    const early = new Date(world.clock.now() - HOUR_MS).toISOString();
    await erase(hal);
    await placed("ord_hal_early", early);
    await world.settle();
    await world.advance(1000);
    await placed("ord_hal_later");
    await world.settle();
    expect(await world.read(orderAddresses, "ord_hal_early")).toBeUndefined();
    expect(await world.read(orderErasures, "ord_hal_early")).toMatchObject({ order_id: "ord_hal_early" });
    expect(await world.read(orderAddresses, "ord_hal_later")).toMatchObject(hal);
    await world.advance(2 * DAY_MS);
    expect(await world.read(orderAddresses, "ord_hal_later")).toMatchObject(hal);
    expect(await world.mails(hal.email)).toHaveLength(1);
  });

  test("refuses the address of an account with a pointer to its user", async () => {
    const { body: user } = await world.send("POST", "/users", { email: "ida@example.com", name: "Ida" });
    const { status, body } = await world.send("POST", "/erasures", { email: "IDA@example.com" });
    expect([status, body.detail]).toEqual([409, expect.stringContaining(`DELETE /users/${user.user_id}`)]);
  });

  test("names the users of other systems who have the address", async () => {
    const email = "jo@example.com";
    await report({ event_type: "user.signed_up", user_id: "usr_jo", payload: { email } });
    await world.settle();
    const sent = await world.send("POST", "/erasures", { email: "Jo@Example.com" });
    expect(sent).toMatchObject({ status: 202, body: { users: ["usr_jo"] } });
    await world.settle();
    expect((await world.send("GET", "/users/usr_jo/data")).body.contacts).toMatchObject({ email });
  });
});
