import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { DAY_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: World;
let today: string;
beforeAll(async () => {
  world = await startWorld([
    "http/ingest",
    "http/daily-numbers",
    "reactions/analytics",
    "reactions/orders",
    "reactions/archive",
    "schedules/roll-up",
  ]);
  // The test starts early in a day, so that the passing minutes belong to it.
  await world.advance(DAY_MS - (world.clock.now() % DAY_MS));
  today = dayAt(0);
});
afterAll(() => world.close());

const dayAt = (days: number) => new Date(world.clock.now() + days * DAY_MS).toISOString().slice(0, 10);
const report = (event: object) => world.send("POST", "/events/ingest", event);

test("counts decisions at once, and browse events after the roll-up", async () => {
  const user_id = "usr_1";
  const about = { user_id, order_id: "ord_1" };
  const items = [{ product_id: "lamp", quantity: 1, unit_price: 20 }];
  const view = { event_type: "product.viewed", user_id, payload: { product_id: "lamp" } };
  const search = (query: string) => ({ event_type: "search.performed", user_id, payload: { query } });
  const events = [
    ...[view, view, { ...view, event_id: "evt_v" }, { ...view, event_id: "evt_v" }],
    ...[search("desk lamp"), search(" Desk  LAMP"), search("chair"), search("chair")],
    ...["usr_2", "usr_3", "usr_4", "usr_5"].map(other => ({ ...search("Desk Lamp"), user_id: other })),
    { event_type: "cart.item_added", user_id, session_id: "s", payload: items[0] },
    { event_type: "order.placed", ...about, payload: { items, total: 20 } },
    { event_type: "order.paid", ...about, payload: { amount: 20 } },
    { event_type: "refund.issued", ...about, payload: { amount: 5.5, refund_id: "r" } },
    { event_type: "product.reviewed", user_id, payload: { product_id: "lamp", rating: 4 } },
    { event_type: "product.reviewed", user_id: "usr_2", payload: { product_id: "lamp", rating: 5 } },
  ];
  for (const event of events) await report(event);
  await world.settle();
  const decided = {
    orders: 1,
    paid_orders: 1,
    sales: { USD: 20 },
    paid: { USD: 20 },
    refunded: { USD: 5.5 },
    revenue: { USD: 14.5 },
    average_rating: 4.5,
    funnel: { cart: 1, order: 1, paid: 1 },
    signups: 0,
    course_sales: {},
  };
  const browsed = { views: 0, searches: 0, top_terms: [] };
  expect((await world.send("GET", `/analytics/${today}`)).body).toMatchObject({ ...decided, ...browsed });
  await world.advance(7 * MINUTE_MS);
  const { body } = await world.send("GET", `/analytics/${today}`);
  expect(body).toMatchObject({
    ...decided,
    day: today,
    views: 3,
    searches: 8,
    // Only one person searched for "chair".
    top_terms: [{ term: "desk lamp", searches: 6 }],
  });
  const behindMs = world.clock.now() - Date.parse(body.browse_counted_through);
  expect(behindMs).toBeLessThanOrEqual(6 * MINUTE_MS);
});

test("shows several days, their total, and days without events", async () => {
  const yesterday = dayAt(-1);
  const { body } = await world.send("GET", `/analytics?from=${yesterday}&to=${today}`);
  expect(body).toMatchObject({
    from: yesterday,
    to: today,
    total: { views: 3, orders: 1, revenue: { USD: 14.5 }, average_rating: 4.5 },
    days: [
      { day: yesterday, orders: 0, revenue: {}, average_rating: null },
      { day: today, orders: 1 },
    ],
  });
});

test.each([
  "/analytics",
  "/analytics/2026-02-30",
  "/analytics/today",
  "/analytics?from=2026-11-20&to=2026-11-19",
  "/analytics?from=2026-01-01&to=2026-02-01",
])("refuses %s as an invalid day", async path => {
  const { status, body } = await world.send("GET", path);
  expect([status, body.type]).toEqual([400, expect.stringContaining("invalid-day")]);
});
