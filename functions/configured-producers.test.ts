import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { replayFlags } from "../scripts/operate/replay-flags.ts";
import { runReplay } from "../scripts/operate/replay-run.ts";
import { anEvent } from "../scripts/test/an-event.ts";
import type { DayCloseWorld } from "../scripts/test/worlds/day-close.ts";
import { dayCloseWorld } from "../scripts/test/worlds/day-close.ts";
import { access, contacts, orders, users } from "../shared/collections.ts";
import { dayReports } from "../shared/day-close/closing/day-closing.ts";
import { startDayClose } from "../shared/day-close/start-day-close.ts";
import type { EventType } from "../shared/events/catalogue.ts";
import { archivedEvents } from "../shared/pipeline/records/archived-event.ts";
import { MINUTE_MS } from "../shared/values/durations.ts";

const ORDERS = ["order.placed", "order.paid", "order.cancelled", "refund.issued"];
const USERS = ["user.signed_up", "user.banned"];

/** Two shop systems of one owner, a competing one, and a payment provider. */
process.env["PRODUCERS"] = JSON.stringify([
  { name: "shopify", types: [...ORDERS, ...USERS], group: "shop", key: "key-shopify" },
  { name: "pos", types: ORDERS, group: "shop", key: "key-pos" },
  { name: "market", types: [...ORDERS, ...USERS], key: "key-market" },
  { name: "stripe", types: ["order.paid", "payment.failed", "refund.issued"], key: "key-stripe" },
]);
type Name = "shopify" | "pos" | "market" | "stripe";

let world: DayCloseWorld;

async function post(name: Name, event: object, headers: Record<string, string> = {}) {
  return world.send("POST", "/events/ingest", event, { "x-api-key": `key-${name}`, ...headers });
}

async function report(name: Name, event: object): Promise<void> {
  expect(await post(name, event)).toMatchObject({ status: 202 });
  await world.settle();
}

const placed = (order_id: string) =>
  anEvent("order.placed", { order_id, payload: { total: 10, payment_status: undefined } });
const paid = (order_id: string) => anEvent("order.paid", { order_id, payload: { amount: 10 } });
const cancelled = (order_id: string) => anEvent("order.cancelled", { order_id });
const signedUp = (user_id: string, email: string) =>
  anEvent("user.signed_up", { user_id, payload: { email } });

const stateOf = async (order_id: string) => (await world.read(orders, order_id))?.state;

async function outcomesOf(reaction: string, order_id: string, type: string) {
  const found = await world.all(archivedEvents);
  const ids = found.filter(({ event_type, event }) => event_type === type && event.includes(order_id));
  const entries = await world.ledgerOf(reaction);
  return entries
    .filter(({ cause }) => ids.some(({ event_id }) => event_id === cause.id))
    .map(({ state, reason }) => `${state}: ${reason}`);
}

/** Returns the reactions that handle a type, without the archive. */
function reactionsTo(type: EventType): string[] {
  const handling = world.functions.flatMap(({ declaration }) =>
    declaration.kind === "reaction" && declaration.types.includes(type) ? [declaration.name] : [],
  );
  expect(handling).toContain("orders");
  return handling.filter(name => name !== "archive");
}

let ours: string;
beforeAll(async () => {
  world = await dayCloseWorld(async started => {
    world = started;
    await world.send("PUT", "/products/prod_991", { name: "Lamp", price: 10, stock: 50 });
    ours = await world.order("usr_8821", [{ product_id: "prod_991", quantity: 1 }]);
    await world.settle();
    await report("market", paid(ours));
    await report("market", paid(ours));
    await report("shopify", placed("ord_a"));
    await report("stripe", paid("ord_a"));
    await report("market", cancelled("ord_a"));
    await report("market", placed("ord_a"));
    await report("market", cancelled("ord_early"));
    await report("pos", cancelled("ord_own_early"));
    await report("shopify", placed("ord_early"));
    await report("shopify", placed("ord_own_early"));
    await report("shopify", signedUp("usr_a", "real@example.com"));
    await report("market", signedUp("usr_a", "mallory@example.com"));
    await report("market", anEvent("user.banned", { user_id: "usr_a" }));
    await world.advance(MINUTE_MS);
  });
}, 120_000);
afterAll(() => world.close());

describe("before the door", () => {
  test("refuses a type that the producer is not configured for", async () => {
    const answer = await post("stripe", placed("ord_refused"));
    expect(answer).toMatchObject({ status: 403, body: { errors: [{ pointer: "/event_type" }] } });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
  });

  test("refuses a caller without a key", async () => {
    const answer = await world.send("POST", "/events/ingest", placed("ord_refused"));
    expect(answer).toMatchObject({
      status: 401,
      body: { type: expect.stringContaining("unknown-producer") },
    });
  });

  test("takes the producer from the key alone", async () => {
    const claims = { ...placed("ord_claimed"), event_id: "evt_claimed", producer: "checkout" };
    await post("market", claims, { producer: "checkout", "x-producer": "checkout" });
    await world.settle();
    const found = (await world.all(archivedEvents)).filter(({ event_id }) => event_id === "evt_claimed");
    expect(found).toMatchObject([{ producer: "market", event: expect.not.stringContaining('"checkout"') }]);
    expect(await world.read(orders, "ord_claimed")).toMatchObject({ owned_by: "market", source: "outside" });
  });
});

describe("behind the door", () => {
  test("gives an outside order to the group of its first producer", async () => {
    expect(await world.read(orders, "ord_a")).toMatchObject({
      ...{ owned_by: "shop", owned_since_ms: expect.any(Number), state: "paid", source: "outside" },
    });
    expect(await world.read(orders, ours)).toMatchObject({ owned_by: "checkout", state: "placed" });
  });

  test("counts a payment from the payment provider, which claims nothing", async () => {
    await report("stripe", paid("ord_later"));
    const order = await world.read(orders, "ord_later");
    expect([order?.source, order?.owned_by]).toEqual(["unconfirmed", undefined]);
    await report("shopify", placed("ord_later"));
    expect(await world.read(orders, "ord_later")).toMatchObject({ owned_by: "shop", state: "paid" });
  });

  test("skips the cancellation of another system, also before its order came", async () => {
    for (const reaction of reactionsTo("order.cancelled")) {
      for (const id of ["ord_a", "ord_early"])
        expect(await outcomesOf(reaction, id, "order.cancelled")).toEqual(["skipped: not the owner"]);
    }
    expect(await stateOf("ord_early")).toBe("placed");
  });

  test("applies the owner's early cancellation once its order came", async () => {
    expect(await stateOf("ord_own_early")).toBe("cancelled");
    expect(await outcomesOf("orders", "ord_own_early", "order.cancelled")).toEqual(["done: undefined"]);
  });

  test("lets the partner of the owner's group cancel its order", async () => {
    await report("shopify", placed("ord_group"));
    await report("pos", cancelled("ord_group"));
    expect(await stateOf("ord_group")).toBe("cancelled");
  });

  test("keeps the data of an outside user and accepts a ban", async () => {
    expect(await world.read(contacts, "usr_a")).toMatchObject({ email: "real@example.com", banned: true });
    expect(await world.read(users, "usr_a")).toMatchObject({ user_id: "usr_a", owned_by: "shop" });
    expect(await world.read(access, "usr_a")).toMatchObject({ blocked: true });
    expect(await world.mails("mallory@example.com")).toEqual([]);
  });
});

test("counts the same when analytics is built again from the archive", async () => {
  const numbers = async () => {
    const { browse_counted_through: _time, ...day } = (await world.send("GET", `/analytics/${world.day}`))
      .body;
    return day;
  };
  const before = await numbers();
  const code = await runReplay(
    replayFlags(["--reaction", "analytics", "--rebuild", "--rate", "500", "--who", "ann"]),
    {
      io: { out: () => undefined, note: () => undefined, signal: new AbortController().signal },
      declarations: world.functions.map(({ declaration }) => declaration),
      pause: () => world.advance(2 * MINUTE_MS),
    },
  );
  expect(code).toBe(0);
  expect(await numbers()).toEqual(before);
  expect(before).toMatchObject({ paid: { USD: 10 }, orders: 4 });
});

describe("report of the day", () => {
  test("lists foreign facts with their producers and counts none of them", async () => {
    const numbers = JSON.parse((await world.closeDay()).numbers);
    const conflict = { count: 1, is_conflict: true };
    expect(numbers.foreign_facts).toEqual({
      facts: 6,
      things: 4,
      list: [
        { type: "order.placed", thing: "orders/ord_a", producer: "market", ...conflict },
        { type: "user.signed_up", thing: "users/usr_a", producer: "market", ...conflict },
        { type: "order.paid", thing: `orders/${ours}`, producer: "market", count: 2, is_conflict: false },
        { type: "order.cancelled", thing: "orders/ord_a", producer: "market", count: 1, is_conflict: false },
        {
          type: "order.cancelled",
          thing: "orders/ord_early",
          producer: "market",
          count: 1,
          is_conflict: false,
        },
      ],
    });
    expect(numbers).toMatchObject({ paid: { USD: 10 }, cancellations: 1, orders: 4, signups: 1 });
  });

  test("names no difference and has the same numbers when closed again", async () => {
    const report = await world.closeDay();
    expect(report.findings).toEqual([]);
    await startDayClose(world.day, { nowMs: world.clock.now(), again: true });
    await world.settle();
    const again = await world.read(dayReports, world.day);
    expect(again?.closings.map(({ run }) => run)).toEqual([1, 2]);
    expect(new Set(again?.closings.map(({ numbers_hash }) => numbers_hash)).size).toBe(1);
    const page = await fetch(`${world.url}/reports/${world.day}`, { headers: { accept: "text/plain" } });
    expect(await page.text()).toMatch(
      /order\.placed about orders\/ord_a +claimed as well by market, 1 times/,
    );
  });
});
