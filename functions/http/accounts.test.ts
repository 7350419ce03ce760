import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { contacts, emailClaims, recommendations, users } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";

let world: World;
beforeAll(async () => {
  // Without the reaction `access`, which blocks logins: a ban counts before that reaction has processed it.
  const needed = [
    ...["http/accounts", "http/ingest", "consumers/adopt"],
    ...["reactions/archive", "reactions/crm", "timers/erase-person"],
  ];
  world = await startWorld(needed);
});
afterAll(() => world.close());

const signUp = (email: string, fields: object = {}, headers: Record<string, string> = {}) =>
  world.send("POST", "/users", { email, name: "Ada L.", ...fields }, headers);

async function newUser(email: string): Promise<string> {
  const { status, body } = await signUp(email);
  expect(status).toBe(201);
  return body.user_id;
}

async function announced(userId: string, type: string) {
  await world.settle();
  const events = (await world.all(archivedEvents)).filter(event => event.subject === userId);
  return events.map(({ event }) => JSON.parse(event)).filter(event => event.event_type === type);
}

test("opens an account, shows it and announces it", async () => {
  const opened = await signUp("ada@example.com", { time_zone: "Europe/Berlin" });
  expect(opened).toMatchObject({
    status: 201,
    body: { email: "ada@example.com", name: "Ada L.", marketing_consent: false, time_zone: "Europe/Berlin" },
  });
  const shown = await world.send("GET", opened.headers.get("location") ?? "");
  expect(shown).toMatchObject({ status: 200, body: opened.body });
  expect(await announced(opened.body.user_id, "user.signed_up")).toMatchObject([
    { producer: "accounts", payload: { email: "ada@example.com", name: "Ada L." } },
  ]);
});

test("gives an address to one account when two sign-ups race", async () => {
  const answers = await Promise.all([signUp("Bea@Example.com"), signUp("bea@eXample.COM")]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  const refused = answers.find(({ status }) => status === 409);
  expect(refused?.body.type).toContain("email-taken");
  expect((await signUp("BEA@EXAMPLE.COM")).status).toBe(409);
  const owner = answers.find(({ status }) => status === 201)?.body.user_id;
  expect((await world.all(emailClaims)).filter(({ user_id }) => user_id === owner)).toHaveLength(1);
});

test("opens one account for one Idempotency-Key", async () => {
  const key = { "idempotency-key": '"sign-up-1"' };
  const answers = await Promise.all([1, 2, 3].map(() => signUp("cyd@example.com", {}, key)));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(new Set(answers.map(({ body }) => body.user_id)).size).toBe(1);
  expect(await announced(answers[0]?.body.user_id, "user.signed_up")).toHaveLength(1);
});

test("points at every fault of a sign-up", async () => {
  const refused = await signUp("no address", {
    name: "",
    marketing_consent: "yes",
    time_zone: "+01:00",
    age: 3,
  });
  expect(refused.status).toBe(422);
  const pointers = refused.body.errors.map((fault: { pointer: string }) => fault.pointer);
  expect(pointers.sort()).toEqual(["/age", "/email", "/marketing_consent", "/name", "/time_zone"]);
  expect(JSON.stringify(refused.body)).toContain("IANA");
});

test("changes consent, time zone and name, and nothing else", async () => {
  const path = `/users/${await newUser("dee@example.com")}`;
  const changed = await world.send("PATCH", path, { marketing_consent: true, time_zone: "Asia/Tokyo" });
  expect(changed).toMatchObject({ status: 200, body: { marketing_consent: true, time_zone: "Asia/Tokyo" } });
  expect((await world.send("PATCH", path, { time_zone: "UTC" })).body.marketing_consent).toBe(true);
  expect((await world.send("PATCH", path, { name: "Dee D." })).body.name).toBe("Dee D.");
  const proofAlone = { consent_source: "a call" };
  for (const body of [{}, { time_zone: "Mars/Olympus" }, { email: "eve@example.com" }, proofAlone])
    expect((await world.send("PATCH", path, body)).status).toBe(422);
});

test("bans once, blocks the login and announces the ban once", async () => {
  const userId = await newUser("eve@example.com");
  const ban = { reason: "spam", banned_by: "admin@example.com" };
  const answers = await Promise.all([1, 2].map(() => world.send("POST", `/users/${userId}/ban`, ban)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(answers.find(({ status }) => status === 409)?.body.type).toContain("user-banned");
  expect((await world.send("GET", `/users/${userId}/access`)).body).toMatchObject({ login: "blocked" });
  expect((await world.send("GET", `/users/${userId}`)).body).toMatchObject({ banned: ban });
  expect(await announced(userId, "user.banned")).toMatchObject([{ payload: ban }]);
  expect((await world.send("POST", `/users/${userId}/ban`, { reason: "" })).status).toBe(422);
});

test("answers 404 for an unknown user", async () => {
  const asked = await Promise.all([
    world.send("GET", "/users/usr_none"),
    world.send("GET", "/users/usr_none/access"),
    world.send("GET", "/users/usr_none/data"),
    world.send("PATCH", "/users/usr_none", { time_zone: "UTC" }),
    world.send("POST", "/users/usr_none/ban", { reason: "spam", banned_by: "admin" }),
    world.send("DELETE", "/users/usr_none"),
  ]);
  expect(asked.map(({ status, body }) => [status, body.type.split("/").at(-1)])).toEqual(
    asked.map(() => [404, expect.stringContaining("no-such-user")]),
  );
  expect(await world.read(users, "usr_none")).toBeUndefined();
});

test("shows recommendations after the day close has written them", async () => {
  const path = `/users/${await newUser("fay@example.com")}/recommendations`;
  expect((await world.send("GET", path)).body).toMatchObject({ items: [] });
  const userId = path.split("/")[2] ?? "";
  await documentRef(recommendations, userId).set({ items: ["lamp", "mug"], updated_at_ms: 1 });
  expect((await world.send("GET", path)).body).toMatchObject({ items: ["lamp", "mug"] });
});

test("creates a contact from a sign-up published directly to a topic", async () => {
  const message = {
    userId: "test-123",
    email: "manual@test.com",
    name: "Manual Test",
    event: "user.created",
  };
  await (await pubsub()).topic("user-events").publishMessage({ data: Buffer.from(JSON.stringify(message)) });
  await world.settle();
  expect(await world.read(contacts, "test-123")).toMatchObject({
    email: "manual@test.com",
    name: "Manual Test",
  });
  expect((await world.send("GET", "/users/test-123/access")).body).toMatchObject({ login: "allowed" });
});

test("shows all data of a person, long lists page by page", async () => {
  const userId = await newUser("gil@example.com");
  const views = Array.from({ length: 55 }, () =>
    world.send("POST", "/events/ingest", {
      event_type: "product.viewed",
      user_id: userId,
      payload: { product_id: "lamp" },
    }),
  );
  await Promise.all(views);
  // An order of another person, to which another system gave the same number as this user.
  const other = {
    event_type: "order.placed",
    order_id: userId,
    payload: { items: [{ product_id: "p", quantity: 1 }] },
  };
  await world.send("POST", "/events/ingest", other);
  await world.settle();
  const { body } = await world.send("GET", `/users/${userId}/data`);
  expect(body).toMatchObject({
    users: { email: "gil@example.com" },
    contacts: { email: "gil@example.com" },
    access: null,
    commands: { items: [{ cause: { event_type: "POST /users" }, answer: { status: 201 } }] },
  });
  const rest = await world.send("GET", body.events.next);
  const events = [...body.events.items, ...rest.body.events.items];
  expect(rest.body.events.next).toBeUndefined();
  expect(events.map(({ event }) => event.user_id)).toEqual(Array.from({ length: 56 }, () => userId));
  const forged = ["a/b", ".", "__x__", "x".repeat(1_600)].map(after => `collection=events&after=${after}`);
  for (const query of ["collection=none", ...forged])
    expect((await world.send("GET", `/users/${userId}/data?${query}`)).status).toBe(400);
});

/** Archives events about an order that another system gave this number, before one event about the person. */
async function archiveBehindOthers(id: string, others: number): Promise<void> {
  const archive = (name: string, event: object) =>
    documentRef(archivedEvents, name).set({ subject: id, event: JSON.stringify(event) });
  const order = { event_type: "order.paid", order_id: id, payload: {} };
  await Promise.all(Array.from({ length: others }, (_, n) => archive(`${id}a${1_000 + n}`, order)));
  await archive(`${id}z`, { event_type: "product.viewed", user_id: id, payload: { product_id: "lamp" } });
}

test("finds a person's data behind pages of another thing's data", async () => {
  await archiveBehindOthers("777", 120);
  const { status, body } = await world.send("GET", "/users/777/data");
  expect([status, body.events]).toEqual([200, { items: [expect.objectContaining({ _id: "777z" })] }]);
  expect((await world.send("DELETE", "/users/777")).status).toBe(202);
  await world.settle();
});

test("returns a path to continue when a long search finds nothing", async () => {
  await archiveBehindOthers("888", 1_010);
  const { status, body } = await world.send("GET", "/users/888/data");
  expect([status, body.events.items]).toEqual([200, []]);
  const rest = await world.send("GET", body.events.next);
  expect(rest.body.events).toEqual({ items: [expect.objectContaining({ _id: "888z" })] });
});
