import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { stockEntries } from "../../shared/collections.ts";
import { keyedId } from "../../shared/pipeline/receive/idempotency-key.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import { ledger } from "../../shared/pipeline/records/ledger.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    ...["http/products", "http/accounts", "http/courses", "http/ingest"],
    ...["reactions/access", "reactions/archive", "timers/check-stock", "timers/erase-person"],
  ]);
});
afterAll(() => world.close());

const lamp = { name: "Lamp", price: 20.5, currency: "EUR", stock: 7, threshold: 3, category: "light" };

test("creates a product and changes all but its opening stock", async () => {
  expect((await world.send("PUT", "/products/lamp", lamp)).status).toBe(201);
  expect((await world.send("PUT", "/products/lamp", lamp)).status).toBe(200);
  const { stock: _opening, ...changed } = { ...lamp, price: 21 };
  expect((await world.send("PUT", "/products/lamp", changed)).status).toBe(200);
  const shown = await world.send("GET", "/products/lamp");
  expect(shown.body).toEqual({
    product_id: "lamp",
    ...lamp,
    price: 21,
    stock: 7,
    backordered: 0,
    rating: { average: null, count: 0 },
    reviews: { items: [] },
  });
});

test("refuses a PUT that would move stock, and names the route", async () => {
  await world.send("PUT", "/products/desk", lamp);
  const refused = await world.send("PUT", "/products/desk", { ...lamp, stock: 8 });
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: "/stock" }] } });
  expect(refused.body.errors[0].expected).toContain("POST /products/desk/stock");
});

test("moves stock once for one Idempotency-Key", async () => {
  await world.send("PUT", "/products/rug", lamp);
  const key = { "idempotency-key": "delivery-1" };
  const delivery = { delta: 5, reason: "delivery" };
  const answers = await Promise.all(
    [1, 2, 3].map(() => world.send("POST", "/products/rug/stock", delivery, key)),
  );
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  expect((await world.send("GET", "/products/rug")).body.stock).toBe(12);
  const cause = `products ${keyedId("delivery-1")}`;
  expect(await world.all(stockEntries)).toMatchObject([{ product_id: "rug", ...delivery, cause }]);
});

test("refuses reviews and purchases of erased and banned users", async () => {
  await world.send("PUT", "/products/sofa", lamp);
  const signUp = async (email: string) =>
    (await world.send("POST", "/users", { email, name: "Ann" })).body.user_id;
  const [gone, out] = [await signUp("gone@example.com"), await signUp("out@example.com")];
  await world.send("DELETE", `/users/${gone}`);
  await world.send("POST", `/users/${out}/ban`, { reason: "spam", banned_by: "mod" });
  const payload = { reason: "spam", banned_by: "till" };
  await world.send("POST", "/events/ingest", { event_type: "user.banned", user_id: "usr_reported", payload });
  await world.settle();
  const statuses = [gone, out, "usr_reported", "usr_new"].map(async user_id => [
    (await world.send("POST", "/products/sofa/reviews", { user_id, rating: 5 })).status,
    (await world.send("POST", "/purchases", { user_id, course_id: "crs_1" })).status,
  ]);
  expect(await Promise.all(statuses)).toEqual([
    [410, 410],
    [403, 403],
    [403, 403],
    [201, 201],
  ]);
});

test("keeps no Idempotency-Key, because its text is the caller's", async () => {
  const key = { "idempotency-key": "ann.other@example.com" };
  await world.send("POST", "/purchases", { user_id: "usr_key", course_id: "crs_1" }, key);
  await world.settle();
  const kept = [await world.all(ledger), await world.all(archivedEvents)].map(one => JSON.stringify(one));
  expect(kept).toEqual([expect.stringContaining("usr_key"), expect.stringContaining("usr_key")]);
  expect(kept.join()).not.toContain("ann.other");
});

test("refuses an invalid product", async () => {
  const bodies = [
    {},
    { ...lamp, price: 1.999 },
    { ...lamp, price: -1 },
    { ...lamp, stock: 1.5 },
    { ...lamp, colour: "red" },
  ];
  const answers = await Promise.all(bodies.map(body => world.send("PUT", "/products/odd", body)));
  expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422]);
  const unnamed = await world.send("PUT", "/products/__proto__", lamp);
  expect(unnamed).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining("1 to 128 characters") },
  });
  expect((await world.send("POST", "/products/none/stock", { delta: 1, reason: "?" })).status).toBe(404);
  expect((await world.send("POST", "/products/none/stock", { delta: 0, reason: "?" })).status).toBe(422);
  expect((await world.send("GET", "/products/odd")).status).toBe(404);
});
