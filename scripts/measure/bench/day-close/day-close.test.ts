import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { dayReports } from "../../../../shared/day-close/closing/day-closing.ts";
import { startDayClose } from "../../../../shared/day-close/start-day-close.ts";
import { firestore } from "../../../../shared/google/firestore.ts";
import { DAY_MS } from "../../../../shared/values/durations.ts";
import type { World } from "../../../test/worlds/world.ts";
import { startWorld } from "../../../test/worlds/world.ts";
import { createDayTraffic } from "../fill/day-traffic.ts";

const EVENTS = 300;
const seed = 3;
const day = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
const folder = mkdtempSync(join(tmpdir(), "pulsecart-filled-"));

let world: World;
beforeAll(async () => {
  const fill = fileURLToPath(new URL("../fill/fill.ts", import.meta.url));
  for (const step of ["before", "day"])
    execFileSync(process.execPath, [fill, step, folder, JSON.stringify({ seed, events: EVENTS, day })]);
  const reactions = ["analytics", "archive", "carts", "crm", "inventory", "orders", "segments", "shipping"];
  const files = [
    ...["http/ingest", "http/daily-numbers", "http/reports"],
    ...reactions.map(name => `reactions/${name}`),
    ...["timers/close-shard", "timers/recommend"],
  ];
  world = await startWorld(files, { data: folder });
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

describe("traffic of a day", () => {
  const options = { seed, events: 10_000, day };
  const events = [...createDayTraffic(options).events()];

  test("is the same when the seed is the same", () => {
    expect([...createDayTraffic(options).events()]).toEqual(events);
  });

  test("comes in the order of time", () => {
    const times = events.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test.each([
    [["product.viewed", "search.performed"], 0.96, 1],
    [["cart.item_added"], 0.025, 2],
    [["order.placed"], 0.008, 2],
  ])("contains %j with a share of %d", (types, share, digits) => {
    const found = events.filter(({ event }) => types.includes(event.event_type));
    expect(found.length / events.length).toBeCloseTo(share, digits);
  });
});

describe("closing of a filled day", () => {
  beforeAll(async () => {
    await startDayClose(day, { nowMs: world.clock.now() });
    await world.settle();
  });

  test("finds and repairs nothing", async () => {
    expect(await world.read(dayReports, day)).toMatchObject({ findings: [], repairs: [] });
  });

  test("has the same numbers as the counters", async () => {
    const { numbers } = (await world.send("GET", `/reports/${day}`)).body;
    expect(numbers.events).toBeGreaterThanOrEqual(EVENTS);
    const counted = (await world.send("GET", `/analytics/${day}`)).body;
    const { day: _day, top_terms: _terms, browse_counted_through: _through, ...same } = counted;
    expect(numbers).toMatchObject(same);
  });
});

/** Lists the shapes of a collection's documents: those with a text in them, or those without. */
async function shapesOf(collection: string, text: string, isIn: boolean): Promise<Set<string>> {
  const { docs } = await firestore().collection(collection).get();
  const found = docs.filter(document => JSON.stringify(document.data()).includes(text) === isIn);
  return new Set(found.map(document => shapeOf(document.data())));
}

function shapeOf(fields: Record<string, unknown>): string {
  const types = Object.entries(fields).map(([name, value]) => `${name} ${value?.constructor.name}`);
  return types.sort().join(", ");
}

test("fills the documents that the pipeline writes", async () => {
  const ids = { user_id: "usr_real", session_id: "sess_real" };
  const line = { product_id: "prod_0_0", quantity: 1, unit_price: 9.99 };
  const about = { user_id: ids.user_id, order_id: "ord_real" };
  const email = "usr_real@shop.example";
  for (const event of [
    { event_type: "product.viewed", ...ids, payload: { product_id: "prod_0_0" } },
    { event_type: "search.performed", ...ids, payload: { query: "lamp" } },
    { event_type: "cart.item_added", ...ids, payload: line },
    {
      event_type: "order.placed",
      ...about,
      session_id: ids.session_id,
      payload: { items: [line], total: 9.99, currency: "USD", email },
    },
    { event_type: "order.paid", ...about, payload: { amount: 9.99, currency: "USD" } },
  ])
    expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
  await world.settle();
  for (const collection of [
    "events",
    "carts",
    "orders",
    "contacts",
    "shipments",
    "segments",
    "stock_moves",
  ]) {
    const real = await shapesOf(collection, "_real", true);
    expect(real.size).toBeGreaterThan(0);
    expect([...(await shapesOf(collection, "_real", false))]).toEqual(expect.arrayContaining([...real]));
  }
});
