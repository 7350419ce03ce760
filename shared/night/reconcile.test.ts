import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  carts,
  contacts,
  dayCounters,
  orders,
  productViews,
  ratings,
  stock,
  stockEntries,
} from "../collections.ts";
import { documentRef, firestore } from "../google/firestore.ts";
import { cloudTasks } from "../google/tasks.ts";
import { archivedEvents } from "../pipeline/archived-event.ts";
import { liveCollection } from "../pipeline/generation.ts";
import { ledger } from "../pipeline/ledger.ts";
import type { NightWorld } from "./night.test-world.ts";
import { killNowAndThen, MINUTE_MS, nightWorld, strayTasks } from "./night.test-world.ts";
import type { DayReport, Finding } from "./night.ts";
import { reportPage } from "./report-page.ts";
import { shownReport } from "./report-queries.ts";
import { reportText } from "./report-text.ts";

let world: NightWorld;
let ids: Record<string, string>;
let first: DayReport;
let goBack: () => Promise<void>;

beforeAll(async () => {
  world = await nightWorld(live);
  for (const { plant } of Object.values(faults)) await plant();
  goBack = await world.remember();
  first = await world.closeDay();
}, 60_000);
afterAll(() => world.close());

async function live({ send, report, order, settle, clock, advanceUnswept }: NightWorld): Promise<void> {
  await send("PUT", "/products/lamp", { name: "Lamp", price: 20, stock: 10, category: "light" });
  await send("PUT", "/products/chair", { name: "Chair", price: 50, stock: 10 });
  await send("POST", "/products/lamp/stock", { delta: 5, reason: "delivered" });
  for (const user_id of ["usr_1", "usr_2"])
    await report({ event_type: "product.viewed", user_id, payload: { product_id: "lamp" } });
  await report({ event_type: "search.performed", user_id: "usr_1", payload: { query: "Desk lamp" } });
  const lamps = [{ product_id: "lamp", quantity: 2 }];
  const chairs = [{ product_id: "chair", quantity: 3 }];
  const [paid, refunded, cancelled] = [
    await order("usr_1", lamps),
    await order("usr_2", chairs),
    await order("usr_3", chairs),
  ];
  ids = { paid, refunded, cancelled };
  for (const id of [paid, refunded])
    await send("POST", `/orders/${id}/payments`, { attempt_id: "a", status: "paid" });
  await send("POST", `/orders/${refunded}/refunds`, { items: [{ product_id: "chair", quantity: 1 }] });
  await send("POST", `/orders/${cancelled}/cancel`, {});
  const outside = { user_id: "usr_4", order_id: "ord_outside" };
  const items = [{ product_id: "lamp", quantity: 1, unit_price: 20 }];
  await report({ event_type: "order.placed", ...outside, payload: { items, payment_status: "confirmed" } });
  await settle();
  await send("POST", "/products/lamp/reviews", { user_id: "usr_1", rating: 4, comment: "Bright" });
  await settle();
  // Late enough that its timer is still armed when the day is closed.
  await advanceUnswept(23 * 60 * MINUTE_MS + 30 * MINUTE_MS - (clock.now() % (24 * 60 * MINUTE_MS)));
  const carted = { product_id: "lamp", quantity: 1, unit_price: 20 };
  await report({ event_type: "cart.item_added", user_id: "usr_5", session_id: "late", payload: carted });
}

/** The events of a type that are about an order, as findings name them. */
async function named(type: string, orderId: string | undefined): Promise<string[]> {
  const all = await world.all(archivedEvents);
  const found = all.filter(({ event_type, order_id }) => event_type === type && order_id === orderId);
  return found.map(({ producer, event_id }) => `${producer} ${event_id}`);
}

const change = async (name: string, id: string | undefined, to: object) =>
  documentRef({ name }, id ?? "").update({ ...to });

interface Fault {
  plant(): Promise<unknown>;
  /** Each that is found because of it. */
  found(): Promise<Partial<Record<keyof Finding, unknown>>[]>;
  /** What was put right, and what it is then; nothing: it stays for a person. */
  mended?: Record<string, () => Promise<unknown>>;
  is?: unknown[];
}

const faults: Record<string, Fault> = {
  "counters that are gone": {
    plant: async () => {
      const counters = await liveCollection("analytics", dayCounters);
      const { docs } = await firestore().collection(counters.name).get();
      for (const { id, ref } of docs) if (id.startsWith(world.day)) await ref.delete();
      const flood = await firestore().collection("flood_days").get();
      for (const { ref } of flood.docs) await ref.delete();
    },
    found: async () => {
      const counts = {
        orders: 4,
        paid_orders: 3,
        refunds: 1,
        cancellations: 1,
        reviews: 1,
        views: 2,
        searches: 1,
      };
      const amounts = { paid_minor_USD: 21_000, refunded_minor_USD: 5_000, sales_minor_USD: 36_000 };
      const others = {
        cart_adds: 1,
        funnel_cart: 1,
        funnel_order: 4,
        funnel_paid: 3,
        rating_sum: 4,
        segment_changes: 3,
      };
      const all = Object.entries({ ...counts, ...amounts, ...others });
      return all.map(([about, expected]) => ({ kind: "counter", about, expected, found: 0 }));
    },
    mended: {
      "the counter orders of": async () => {
        const { orders: n, views, paid } = (await world.send("GET", `/analytics/${world.day}`)).body;
        return { n, views, paid };
      },
    },
    is: [{ n: 4, views: 2, paid: { USD: 210 } }],
  },
  "rows of products and terms that are gone": {
    plant: async () => {
      for (const name of ["product_views", "search_terms"])
        for (const { ref } of (await firestore().collection(name).get()).docs) await ref.delete();
    },
    found: async () => [
      { kind: "counter", about: "views of lamp", expected: 2, found: 0 },
      { kind: "counter", about: "searches of desk lamp", expected: 1, found: 0 },
    ],
    mended: {
      "the counter views of lamp": async () => (await world.all(productViews)).map(({ views }) => views),
      "the counter searches of desk lamp": async () =>
        (await world.send("GET", `/analytics/${world.day}`)).body.top_terms,
    },
    is: [[2], [{ term: "desk lamp", searches: 1 }]],
  },
  "a timer that is lost": {
    plant: async () => {
      const tasks = await cloudTasks();
      await tasks.purgeQueue({ name: tasks.queuePath("demo-pulsecart", "us-central1", "abandon-cart") });
      await change("carts", "cart_late", { armed_due_ms: world.clock.now() - 20 * MINUTE_MS });
    },
    found: async () => [{ kind: "hangs", about: "cart_late", found: "cart whose timer is lost" }],
    mended: {
      "the timer of carts/cart_late": async () => {
        await world.advanceUnswept(2 * 60 * MINUTE_MS);
        return (await world.read(carts, "cart_late"))?.status;
      },
    },
    is: ["abandoned"],
  },
  "an announcement that nobody saw": {
    plant: async () => {
      const entries = await firestore().collection(ledger.name).where("by", "==", "segments").get();
      const [entry] = entries.docs.filter(document => document.get("announced_count") === 1);
      const lost = { announced: [...(entry?.get("announced") ?? []), "evt_lost"], announced_count: 2 };
      await entry?.ref.update(lost);
    },
    found: async () => [
      { kind: "never archived", about: "announced by segments", events: ["segments evt_lost"] },
    ],
  },
  "a stock move that counted twice": {
    plant: async () => change("stock", "lamp", { quantity: 10 }),
    found: async () => [
      {
        kind: "stock",
        about: "lamp",
        expected: "12, by its opening stock and all its moves",
        found: `10, as much as ${ids["paid"]} moved`,
        events: await named("order.placed", ids["paid"]),
      },
    ],
    mended: { "stock/lamp": () => world.read(stock, "lamp") },
    is: [{ quantity: 12 }],
  },
  "an order that was taken from stock twice": {
    plant: async () => {
      const again = { product_id: "chair", delta: -2, cause: "checkout evt_twice", at_ms: 0 };
      await documentRef(stockEntries, "twice").set({ ...again, order_id: ids["refunded"] });
      await change("stock", "chair", { quantity: 6 });
    },
    found: async () => [
      {
        kind: "stock",
        about: ids["refunded"],
        expected: "to hold 2 chair",
        found: "4 chair, of which its own record says 2 chair",
        events: expect.arrayContaining([
          ...(await named("order.placed", ids["refunded"])),
          "checkout evt_twice",
        ]),
      },
    ],
  },
  "an order whose record of what it took is wrong": {
    plant: () => change("stock_moves", ids["cancelled"], { returned: [] }),
    found: async () => [
      {
        kind: "stock",
        about: ids["cancelled"],
        expected: "to hold nothing",
        found: "nothing, of which its own record says 3 chair",
      },
    ],
  },
  "an event that one of its reactions never met": {
    plant: async () => {
      const met = await firestore().collection(ledger.name).where("by", "==", "shipping").get();
      const cancelled = met.docs.filter(each => each.get("cause.event_type") === "order.cancelled");
      for (const { ref } of cancelled) await ref.delete();
    },
    found: async () => [
      {
        kind: "never handled",
        about: "order.cancelled by shipping",
        events: await named("order.cancelled", ids["cancelled"]),
      },
    ],
  },
  "money that nobody reported": {
    plant: async () => {
      await change("orders", ids["paid"], { "paid.amount_minor": 4100 });
      await change("orders", ids["refunded"], { refunds: [] });
    },
    found: async () => [
      {
        kind: "money",
        about: `${ids["paid"]}: paid`,
        expected: "40 USD",
        found: "41 USD",
        events: await named("order.paid", ids["paid"]),
      },
      {
        kind: "money",
        about: `${ids["refunded"]}: refunded`,
        expected: "50 USD",
        found: "0 USD",
        events: await named("refund.issued", ids["refunded"]),
      },
    ],
  },
  "a rating that is stale": {
    plant: () => documentRef(ratings, "lamp").set({ count: 3, sum: 9 }),
    found: async () => [
      { kind: "rating", about: "lamp", expected: "1 reviews, 4 stars", found: "3 reviews, 9 stars" },
    ],
    mended: { "ratings/lamp": () => world.read(ratings, "lamp") },
    is: [{ count: 1, sum: 4 }],
  },
  "contacts that are stale": {
    plant: async () => {
      await change("contacts", "usr_1", { orders: 2, "spent_minor.USD": 1 });
      await documentRef(contacts, "usr_2").delete();
    },
    found: async () => [
      {
        kind: "contact",
        about: "usr_1",
        expected: "1 orders, 4000 minor USD spent, active",
        found: "2 orders, 1 minor USD spent, active",
        events: expect.arrayContaining(await named("order.paid", ids["paid"])),
      },
      { kind: "contact", about: "usr_2", found: "none" },
    ],
    mended: {
      "contacts/usr_1": () => world.read(contacts, "usr_1"),
      "contacts/usr_2": () => world.read(contacts, "usr_2"),
    },
    is: [
      expect.objectContaining({ orders: 1, spent_minor: { USD: 4000 }, segment: "active" }),
      expect.objectContaining({ orders: 1, spent_minor: { USD: 15_000 } }),
    ],
  },
};

test.each(Object.entries(faults))("finds %s, names it, and puts right what is safe", async (_, fault) => {
  for (const one of await fault.found()) expect(first.findings).toContainEqual(expect.objectContaining(one));
  const [text, page] = [reportText(shownReport(first)), reportPage(shownReport(first))];
  for (const [index, [target, state]] of Object.entries(fault.mended ?? {}).entries()) {
    expect(first.repairs).toContainEqual(
      expect.objectContaining({ target: expect.stringContaining(target) }),
    );
    for (const shown of [text, page]) expect(shown).toContain(target);
    expect(await state()).toEqual(fault.is?.[index]);
  }
});

test("finds and puts right nothing else", async () => {
  const found = await Promise.all(Object.values(faults).map(fault => fault.found()));
  expect(first.findings.map(({ kind, about }) => `${kind} ${about}`).sort()).toEqual(
    found
      .flat()
      .map(({ kind, about }) => `${kind} ${about}`)
      .sort(),
  );
  const targets = Object.values(faults).flatMap(({ mended = {} }) => Object.keys(mended));
  const known = (target: string) =>
    targets.some(one => target.includes(one)) || target.startsWith("the counter ");
  expect(first.repairs.filter(({ target }) => !known(target))).toEqual([]);
  expect(await world.read(orders, ids["paid"] ?? "")).toMatchObject({ paid: { amount_minor: 4100 } });
});

test("adds the day up by what its products were filed under then", async () => {
  const { categories } = JSON.parse(first.numbers);
  expect(categories).toEqual([
    { category: "light", views: 2, carted: 1, ordered: 3, sales: { USD: 60 } },
    { category: "uncategorised", views: 0, carted: 0, ordered: 6, sales: { USD: 300 } },
  ]);
  // The closings below come to the same all the same.
  const lamp = { name: "Lamp", price: 20, category: "decoration" };
  expect((await world.send("PUT", "/products/lamp", lamp)).body.category).toBe("decoration");
});

/** All of a report that does not say when it was made. */
const said = ({ numbers, findings, repairs }: DayReport) => ({
  numbers,
  findings,
  repairs: repairs.map(({ target, before, after }) => ({ target, before, after })),
});

test.each([1, 2, 3])("comes to the same report, byte for byte, killed at random (%i)", async seed => {
  // The names of its tasks may be used again.
  await world.advanceUnswept(90 * MINUTE_MS);
  await goBack();
  const tasks = await cloudTasks();
  const name = tasks.queuePath("demo-pulsecart", "us-central1", "close-shard");
  world.faults.set({ seed, lose_answer: 0.002, duplicate: 0.3 });
  const endKilling = killNowAndThen(seed);
  const again = await world.closeDay({
    size: { eventsOfAShard: 10, pageSize: 2 + seed },
    disturb: async minute => {
      if (minute < seed) await tasks.purgeQueue({ name });
      await strayTasks(world.day, world.clock.now());
    },
  });
  expect(endKilling()).toBeGreaterThan(10);
  world.faults.set({});
  expect(JSON.stringify(said(again))).toBe(JSON.stringify(said(first)));
});
