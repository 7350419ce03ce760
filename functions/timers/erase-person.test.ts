import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { firstPage, nextPass } from "../../shared/accounts/erase/erase-run.ts";
import { contacts, erasures, orders, users } from "../../shared/collections.ts";
import { validate } from "../../shared/events/validate.ts";
import { firestore } from "../../shared/google/firestore.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import { DAY_MS, HOUR_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  const needed = [
    ...["http/accounts", "http/checkout", "http/courses", "http/products"],
    ...["http/ingest", "reactions/archive", "reactions/crm", "reactions/email"],
    ...["reactions/moderation", "reactions/orders", "reactions/segments"],
    ...["timers/check-stock", "timers/erase-person", "effects/send-mail"],
  ];
  world = await startWorld(needed);
  await world.send("PUT", "/products/lamp", { name: "Lamp", price: 20, stock: 1000 });
});
afterAll(() => world.close());

interface Person {
  user_id: string;
  order_id: string;
  /** What nobody may read anywhere once they are erased. */
  words: string[];
  /** What was said of them by another system. */
  reported: object[];
}

async function report(event: object): Promise<void> {
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
}

/** Somebody who left their words wherever a person can. */
async function live(name: string): Promise<Person> {
  const say = (what: string) => `${what} of ${name}`;
  const email = `${name}@Example.com`;
  const { body: user } = await world.send("POST", "/users", { email, name: say("name") });
  const { user_id } = user;
  const placed = await world.send("POST", "/orders", {
    user_id,
    items: [{ product_id: "lamp", quantity: 1 }],
  });
  const { order_id } = placed.body;
  await world.send("POST", `/orders/${order_id}/cancel`, { reason: say("cancel reason") });
  await world.send("POST", "/products/lamp/reviews", { user_id, rating: 4, comment: say("comment") });
  await world.send("POST", "/purchases", { user_id, course_id: "crs_1", amount: 9 });
  const items = [{ product_id: "lamp", quantity: 1, engraving: say("engraving") }];
  const outside = `out_${name}`;
  const sent = {
    trigger: "birthday",
    channel: "email",
    template_id: "t",
    scheduled_at: "2099-01-01T00:00:00Z",
  };
  // The second names nobody: only the order tells whose it is. No currency has its amount, so it is parked everywhere.
  const unreadable = { amount: 9.999, currency: "USD", card_holder: say("card") };
  const searches = Array.from({ length: 8 }, (_, n) => `${say("query")} ${n}`);
  const reported = [
    { event_type: "order.placed", user_id, order_id: outside, payload: { items, email } },
    { event_type: "order.paid", order_id: outside, payload: unreadable },
    { event_type: "message.personalized_send", user_id, payload: { ...sent, email } },
    ...searches.map(query => ({ event_type: "search.performed", user_id, payload: { query } })),
  ].map((event, index) => ({ ...event, event_id: `evt_${name}_${index}` }));
  for (const event of reported) await report(event);
  const ban = { reason: say("ban reason"), banned_by: `admin-of-${name}@example.com` };
  expect((await world.send("POST", `/users/${user_id}/ban`, ban)).status).toBe(200);
  await world.settle();
  const said = ["name", "cancel reason", "comment", "engraving", "card", "query", "ban reason"].map(say);
  return { user_id, order_id, words: [email, email.toLowerCase(), ban.banned_by, ...said], reported };
}

/** Every document there is, by its path, as text. */
async function everything(
  of: { listCollections(): Promise<unknown[]> } = firestore(),
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const one of (await of.listCollections()) as ReturnType<
    ReturnType<typeof firestore>["collection"]
  >[]) {
    for (const document of (await one.get()).docs)
      found.set(document.ref.path, JSON.stringify(document.data()));
    // Collections of projections lie below documents that are not there.
    if (one.id !== "projections") continue;
    for (const ref of await one.listDocuments())
      for (const below of await everything(ref)) found.set(...below);
  }
  return found;
}

/** Where something of these words is still to be read. */
async function leftOf({ words }: Person): Promise<string[]> {
  const all = [...(await everything())];
  return all.filter(([, text]) => words.some(word => text.includes(word))).map(([path]) => path);
}

async function erase({ user_id }: Person): Promise<void> {
  expect(await world.send("DELETE", `/users/${user_id}`)).toMatchObject({
    status: 202,
    body: { status: "erasing" },
  });
  await world.settle();
}

test("leaves no word of a person in any document, and every fact", async () => {
  const ada = await live("ada");
  // Somebody else, whose id is that of one of her orders.
  const other = { email: "other@example.com" };
  await report({ event_type: "user.signed_up", user_id: "out_ada", payload: other });
  await world.settle();
  const places = (await leftOf(ada)).map(path => path.split("/")[0]);
  const everywhere = ["users", "contacts", "events", "ledger", "reviews", "orders", "order_addresses"];
  expect([...new Set(places)]).toEqual(expect.arrayContaining(everywhere));
  const before = await everything();
  await erase(ada);
  expect(await leftOf(ada)).toEqual([]);
  const tombstone = { user_id: ada.user_id, erased_at_ms: expect.any(Number) };
  expect(await world.read(users, ada.user_id)).toEqual(tombstone);
  expect(await world.read(erasures, ada.user_id)).toMatchObject({ looked_through_at_ms: expect.any(Number) });
  expect(await world.read(orders, ada.order_id)).toMatchObject({ state: "cancelled", total_minor: 2000 });
  const events = (await world.all(archivedEvents)).map(({ event }) => JSON.parse(event));
  expect(events).toHaveLength([...before.keys()].filter(path => path.startsWith("events/")).length);
  expect(events.filter(event => !validate(event).ok)).toEqual([]);
  expect(await world.read(contacts, "out_ada")).toMatchObject(other);
  expect(events.filter(({ payload }) => payload.email === other.email)).toHaveLength(1);
  await answersAsGone(ada);
});

async function answersAsGone({ user_id }: Person): Promise<void> {
  const path = `/users/${user_id}`;
  const answers = await Promise.all([
    world.send("GET", path),
    world.send("PATCH", path, { time_zone: "UTC" }),
    world.send("POST", `${path}/ban`, { reason: "spam", banned_by: "admin" }),
  ]);
  expect(answers.map(({ status, body }) => [status, body.detail])).toEqual(
    answers.map(() => [410, expect.stringContaining("erased")]),
  );
  expect((await world.send("GET", `${path}/access`)).body).toMatchObject({ login: "blocked" });
  expect((await world.send("GET", `${path}/data`)).body).toMatchObject({ users: { user_id } });
  expect((await world.send("DELETE", path)).status).toBe(202);
  expect((await world.send("POST", "/users", { email: "ADA@example.com", name: "Ada" })).status).toBe(201);
}

test("lets nothing that comes late bring a word back, and looks again until nothing can come", async () => {
  const bea = await live("bea");
  const { user_id } = bea;
  await erase(bea);
  for (const event of bea.reported) await report(event);
  await report({
    event_type: "user.signed_up",
    user_id,
    payload: { email: "bea@Example.com", name: "name of bea" },
  });
  await report({
    event_type: "user.banned",
    user_id,
    payload: { reason: "ban reason of bea", banned_by: "x" },
  });
  await report({ event_type: "search.performed", user_id, payload: { query: "query of bea" } });
  const { payload } = { payload: {}, ...bea.reported[0] };
  await report({ event_type: "order.placed", user_id, order_id: "after_bea", payload });
  await world.settle();
  expect(
    (await leftOf(bea)).filter(path => /^(events|users|reviews|order_addresses|effects)/.test(path)),
  ).toEqual([]);
  expect(await world.read(contacts, user_id)).toBeUndefined();
  // It comes late, cannot be handled, and is kept with every failure.
  const odd = { amount: 9.999, currency: "USD", card_holder: "card of bea" };
  await report({ event_type: "order.paid", user_id, order_id: "late_bea", payload: odd });
  await world.settle();
  expect(await leftOf(bea)).not.toEqual([]);
  await world.advance(9 * HOUR_MS);
  expect(await leftOf(bea)).toEqual([]);
  const pass = nextPass(firstPage(user_id, world.clock.now()).data);
  const dueDays: number[] = [];
  for (let next = pass; next; next = nextPass(next.data))
    dueDays.push((next.dueMs - next.data.asked_at_ms) / DAY_MS);
  expect(dueDays).toEqual([1, 8, 27, 46]);
});

test("goes on where it was stopped, however often", async () => {
  const cyd = await live("cyd");
  expect((await world.send("DELETE", `/users/${cyd.user_id}`)).status).toBe(202);
  world.faults.set({ seed: 3, unavailable: 0.03, lose_answer: 0.03, aborted: 0.05 });
  await world.settle();
  const struck = Object.keys(world.faults.struck()).sort();
  world.faults.set({});
  expect(struck).toEqual(["aborted", "lose_answer", "unavailable"]);
  await world.advance(HOUR_MS);
  expect(await leftOf(cyd)).toEqual([]);
});
