import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { affiliates, purchases } from "../../shared/collections.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";

let world: World;
beforeAll(async () => {
  const needed = [
    ...["http/accounts", "http/courses", "http/ingest", "reactions/access"],
    ...["reactions/affiliates", "reactions/archive", "timers/erase-person"],
  ];
  world = await startWorld(needed);
});
afterAll(() => world.close());

const buy = (body: object, headers: Record<string, string> = {}) =>
  world.send("POST", "/purchases", body, headers);

test("records, shows and announces a purchase, and reactions follow", async () => {
  const asked = { user_id: "usr_8821", course_id: "crs_1", amount: 49, affiliate_id: "aff_1" };
  const bought = await buy(asked);
  expect(bought).toMatchObject({ status: 201, body: { ...asked, currency: "USD" } });
  expect((await world.send("GET", bought.headers.get("location") ?? "")).body).toEqual(bought.body);
  await world.settle();
  const { purchase_id } = bought.body;
  const announced = (await world.all(archivedEvents)).filter(event => event.subject === "usr_8821");
  const { user_id: _subject, ...payload } = asked;
  expect(announced.map(({ event }) => JSON.parse(event))).toMatchObject([
    {
      event_type: "purchase.completed",
      producer: "courses",
      payload: { purchase_id, currency: "USD", ...payload },
    },
  ]);
  expect((await world.send("GET", "/users/usr_8821/access")).body).toMatchObject({
    login: "allowed",
    courses: [{ course_id: "crs_1", purchase_id }],
  });
  expect(await world.read(affiliates, "aff_1")).toEqual({ purchases: 1, USD: 490 });
});

test("records one purchase for one Idempotency-Key when requests race", async () => {
  const key = { "idempotency-key": '"course-1"' };
  const answers = await Promise.all(
    ["/purchases", "/purchases", "/purchases/"].map(path =>
      world.send("POST", path, { user_id: "usr_race", course_id: "crs_1" }, key),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect((await world.all(purchases)).filter(({ user_id }) => user_id === "usr_race")).toHaveLength(1);
});

test.each(["ZZZ", "XXX", "XAU", "DEM", "usd"])("refuses a purchase in %s", async currency => {
  const asked = { user_id: "usr_1", course_id: "crs_1", amount: 1, currency };
  expect(await buy(asked)).toMatchObject({
    status: 422,
    body: {
      errors: [
        {
          pointer: "/currency",
          expected: "an ISO 4217 currency code such as EUR",
          received: `string "${currency}"`,
        },
      ],
    },
  });
});

test("refuses an invalid purchase and points at the fault", async () => {
  const about = { user_id: "usr_1", course_id: "crs_1" };
  const refused = await Promise.all([
    buy({}),
    buy({ ...about, affiliate_id: "aff_1" }),
    buy({ ...about, currency: "USD" }),
    buy({ ...about, amount: 1.5, currency: "JPY" }),
    buy({ ...about, price: 3 }),
  ]);
  expect(refused.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422]);
  const pointers = refused.map(({ body }) => body.errors.map((fault: { pointer: string }) => fault.pointer));
  expect(pointers).toEqual([["/user_id", "/course_id"], ["/amount"], ["/amount"], ["/amount"], ["/price"]]);
  expect(await world.send("GET", "/purchases/pur_none")).toMatchObject({ status: 404 });
});
