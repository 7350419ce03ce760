import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { allDocuments, documentPaths } from "../../scripts/test/document-texts.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { firstPage, nextPass } from "../../shared/accounts/erase/erase-run.ts";
import { contacts, erasures, orders, users } from "../../shared/collections.ts";
import { validate } from "../../shared/events/validate.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import { DAY_MS, HOUR_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    ...["http/accounts", "http/checkout", "http/courses", "http/products", "http/ingest"],
    ...["reactions/archive", "reactions/consent", "reactions/crm", "reactions/email", "reactions/moderation"],
    ...["reactions/orders", "reactions/segments"],
    ...["timers/check-stock", "timers/erase-person", "effects/send-mail"],
  ]);
  await world.send("PUT", "/products/lamp", { name: "Lamp", price: 20, stock: 1000 });
});
afterAll(() => world.close());

interface Person {
  user_id: string;
  order_id: string;
  /** Texts that no document may contain after the erasure. */
  texts: string[];
  /** Events about the person from another system. */
  reported: object[];
}

async function report(event: object): Promise<void> {
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
}

/** Creates a person whose texts are in every kind of document that can hold them. */
async function createPerson(name: string): Promise<Person> {
  const textOf = (kind: string) => `${kind} of ${name}`;
  const email = `${name}@Example.com`;
  const { body: user } = await world.send("POST", "/users", { email, name: textOf("name") });
  const { user_id } = user;
  const proof = { consent_source: textOf("consent source"), consent_wording: textOf("consent wording") };
  await world.send("PATCH", `/users/${user_id}`, { marketing_consent: true, ...proof });
  const placed = await world.send("POST", "/orders", {
    user_id,
    items: [{ product_id: "lamp", quantity: 1 }],
  });
  const { order_id } = placed.body;
  await world.send("POST", `/orders/${order_id}/cancel`, { reason: textOf("cancel reason") });
  const tracking_url = `https://carrier.example/the-way-to-${name}`;
  const tracking = { carrier: "DHL", tracking_number: textOf("tracking"), tracking_url };
  const { body: sentOrder } = await world.send("POST", "/orders", {
    user_id,
    items: [{ product_id: "lamp", quantity: 1 }],
  });
  const pathOfOrder = `/orders/${sentOrder.order_id}`;
  await world.send("POST", `${pathOfOrder}/payments`, { attempt_id: "a", status: "paid" });
  expect((await world.send("POST", `${pathOfOrder}/dispatch`, tracking)).status).toBe(200);
  await world.send("POST", "/products/lamp/reviews", { user_id, rating: 4, comment: textOf("comment") });
  await world.send("POST", "/purchases", { user_id, course_id: "crs_1", amount: 9 });
  const items = [{ product_id: "lamp", quantity: 1, engraving: textOf("engraving") }];
  const outside = `out_${name}`;
  const sent = {
    trigger: "birthday",
    channel: "email",
    template_id: "t",
    scheduled_at: "2099-01-01T00:00:00Z",
  };
  // The payment names only the order. Its amount is impossible in its currency, so every reaction parks it.
  const unreadable = { amount: 9.999, currency: "USD", card_holder: textOf("card") };
  const searches = Array.from({ length: 8 }, (_, n) => `${textOf("query")} ${n}`);
  const reported = [
    { event_type: "order.placed", user_id, order_id: outside, payload: { items, email } },
    { event_type: "order.paid", order_id: outside, payload: unreadable },
    { event_type: "order.dispatched", order_id: outside, payload: tracking },
    { event_type: "message.personalized_send", user_id, payload: { ...sent, email } },
    ...searches.map(query => ({ event_type: "search.performed", user_id, payload: { query } })),
  ].map((event, index) => ({ ...event, event_id: `evt_${name}_${index}` }));
  for (const event of reported) await report(event);
  const ban = { reason: textOf("ban reason"), banned_by: `admin-of-${name}@example.com` };
  expect((await world.send("POST", `/users/${user_id}/ban`, ban)).status).toBe(200);
  await world.settle();
  const kinds = ["name", "cancel reason", "comment", "engraving", "card", "query", "ban reason", "tracking"];
  const texts = [...kinds, "consent source", "consent wording"].map(textOf);
  const addresses = [email, email.toLowerCase(), ban.banned_by, tracking_url];
  return { user_id, order_id, texts: [...addresses, ...texts], reported };
}

/** Returns the paths of documents that still contain a text of the person. */
const pathsWithTextsOf = ({ texts }: Person) => documentPaths(texts);

async function erase({ user_id }: Person): Promise<void> {
  expect(await world.send("DELETE", `/users/${user_id}`)).toMatchObject({
    status: 202,
    body: { status: "erasing" },
  });
  await world.settle();
}

test("removes every text of a person and keeps every fact", async () => {
  const ada = await createPerson("ada");
  // Another person whose id equals the id of an order of ada.
  const other = { email: "other@example.com" };
  await report({ event_type: "user.signed_up", user_id: "out_ada", payload: other });
  await world.settle();
  const places = (await pathsWithTextsOf(ada)).map(path => path.split("/")[0]);
  const everywhere = [
    "users",
    "contacts",
    "events",
    "ledger",
    "reviews",
    "orders",
    "effects",
    "order_addresses",
    "consent_statements",
  ];
  expect([...new Set(places)]).toEqual(expect.arrayContaining(everywhere));
  const before = await allDocuments();
  await erase(ada);
  expect(await pathsWithTextsOf(ada)).toEqual([]);
  const owner = { owned_by: "accounts", owned_since_ms: expect.any(Number) };
  const tombstone = { user_id: ada.user_id, erased_at_ms: expect.any(Number), ...owner };
  expect(await world.read(users, ada.user_id)).toEqual(tombstone);
  expect(await world.read(erasures, ada.user_id)).toMatchObject({ looked_through_at_ms: expect.any(Number) });
  expect(await world.read(orders, ada.order_id)).toMatchObject({ state: "cancelled", total_minor: 2000 });
  const events = (await world.all(archivedEvents)).map(({ event }) => JSON.parse(event));
  expect(events).toHaveLength([...before.keys()].filter(path => path.startsWith("events/")).length);
  expect(events.filter(event => !validate(event).ok)).toEqual([]);
  expect(await world.read(contacts, "out_ada")).toMatchObject(other);
  expect(events.filter(({ payload }) => payload.email === other.email)).toHaveLength(1);
  await expectErasedAnswers(ada);
});

/** Checks that the API answers requests about an erased person accordingly. */
async function expectErasedAnswers({ user_id }: Person): Promise<void> {
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

test("removes texts of late events in later passes", async () => {
  const bea = await createPerson("bea");
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
    (await pathsWithTextsOf(bea)).filter(path =>
      /^(events|users|reviews|order_addresses|effects)/.test(path),
    ),
  ).toEqual([]);
  expect(await world.read(contacts, user_id)).toBeUndefined();
  // This late event cannot be handled. Each ledger entry of a failure stores it until the late pass.
  const parcel = { tracking_number: "tracking of bea" };
  await report({ event_type: "order.dispatched", order_id: "after_bea", payload: parcel });
  await world.settle();
  expect(await pathsWithTextsOf(bea)).toEqual([expect.stringMatching(/^events\//)]);
  const odd = { amount: 9.999, currency: "USD", card_holder: "card of bea" };
  await report({ event_type: "order.paid", user_id, order_id: "late_bea", payload: odd });
  await world.settle();
  expect(await pathsWithTextsOf(bea)).not.toEqual([]);
  await world.advance(9 * HOUR_MS);
  expect(await pathsWithTextsOf(bea)).toEqual([]);
  const pass = nextPass(firstPage(user_id, world.clock.now()).data);
  const dueDays: number[] = [];
  for (let next = pass; next; next = nextPass(next.data))
    dueDays.push((next.dueMs - next.data.asked_at_ms) / DAY_MS);
  expect(dueDays).toEqual([1, 8, 27, 46]);
});

test("resumes after faults of the platform", async () => {
  const cyd = await createPerson("cyd");
  expect((await world.send("DELETE", `/users/${cyd.user_id}`)).status).toBe(202);
  world.faults.set({ seed: 3, unavailable: 0.03, lose_answer: 0.03, aborted: 0.05 });
  await world.settle();
  const struck = Object.keys(world.faults.struck()).sort();
  world.faults.set({});
  expect(struck).toEqual(["aborted", "lose_answer", "unavailable"]);
  await world.advance(HOUR_MS);
  expect(await pathsWithTextsOf(cyd)).toEqual([]);
});
