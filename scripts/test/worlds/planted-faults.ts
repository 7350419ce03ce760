import { expect } from "@jest/globals";
import {
  carts,
  contacts,
  dayCounters,
  productViews,
  ratings,
  stock,
  stockEntries,
} from "../../../shared/collections.ts";
import type { Finding } from "../../../shared/day-close/closing/day-report-types.ts";
import { documentRef, firestore } from "../../../shared/google/firestore.ts";
import { cloudTasks } from "../../../shared/google/tasks.ts";
import type { ArchivedEvent } from "../../../shared/pipeline/records/archived-event.ts";
import { archivedEvents } from "../../../shared/pipeline/records/archived-event.ts";
import { liveCollection } from "../../../shared/pipeline/records/generation.ts";
import { ledger } from "../../../shared/pipeline/records/ledger.ts";
import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { DayCloseWorld } from "./day-close.ts";

/** The orders of the day, by what became of them. */
export const ids: Record<string, string> = {};

let opened: DayCloseWorld | undefined;

function shop(): DayCloseWorld {
  if (!opened) throw new Error("The day was not lived yet.");
  return opened;
}

/** A day of a small shop; what is planted later is planted in it. */
export async function live(world: DayCloseWorld): Promise<void> {
  opened = world;
  const { send, report, order, settle, clock, advanceUnswept } = world;
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
  Object.assign(ids, { paid, refunded, cancelled });
  for (const id of [paid, refunded])
    await send("POST", `/orders/${id}/payments`, { attempt_id: "a", status: "paid" });
  await send("POST", `/orders/${refunded}/refunds`, { items: [{ product_id: "chair", quantity: 1 }] });
  await send("POST", `/orders/${cancelled}/cancel`, {});
  await settle();
  // What others say is paid of our orders is counted among the events of the day, and is no payment of the order.
  await report({ event_type: "order.paid", user_id: "usr_3", order_id: cancelled, payload: { amount: 1 } });
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
  const { docs } = await firestore().collection(archivedEvents.name).get();
  const all = docs.map(document => document.data() as ArchivedEvent);
  const found = all.filter(({ event_type, order_id }) => event_type === type && order_id === orderId);
  return found.map(({ producer, event_id }) => `${producer} ${event_id}`);
}

const change = async (name: string, id: string | undefined, to: object) =>
  documentRef({ name }, id ?? "").update({ ...to });

export interface Fault {
  plant(): Promise<unknown>;
  /** Each that is found because of it. */
  found(): Promise<Partial<Record<keyof Finding, unknown>>[]>;
  /** What was put right, and what it is then; nothing: it stays for a person. */
  mended?: Record<string, () => Promise<unknown>>;
  is?: unknown[];
}

/** Each is planted in the shop of this process. */
export const faults: Record<string, Fault> = {
  "counters that are gone": {
    plant: async () => {
      const counters = await liveCollection("analytics", dayCounters);
      const { docs } = await firestore().collection(counters.name).get();
      for (const { id, ref } of docs) if (id.startsWith(shop().day)) await ref.delete();
      const flood = await firestore().collection("browse_days").get();
      for (const { ref } of flood.docs) await ref.delete();
    },
    found: async () => {
      const counts = {
        orders: 4,
        paid_orders: 4,
        refunds: 1,
        cancellations: 1,
        reviews: 1,
        views: 2,
        searches: 1,
      };
      const amounts = { paid_minor_USD: 21_100, refunded_minor_USD: 5_000, sales_minor_USD: 36_000 };
      const others = {
        cart_adds: 1,
        funnel_cart: 1,
        funnel_order: 4,
        funnel_paid: 4,
        rating_sum: 4,
        segment_changes: 4,
      };
      const all = Object.entries({ ...counts, ...amounts, ...others });
      return all.map(([about, expected]) => ({ kind: "counter", about, expected, found: 0 }));
    },
    mended: {
      "the counter orders of": async () => {
        const { orders: n, views, paid } = (await shop().send("GET", `/analytics/${shop().day}`)).body;
        return { n, views, paid };
      },
    },
    is: [{ n: 4, views: 2, paid: { USD: 211 } }],
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
      "the counter views of lamp": async () => (await shop().all(productViews)).map(({ views }) => views),
      "the counter searches of desk lamp": async () =>
        (await shop().send("GET", `/analytics/${shop().day}`)).body.top_terms,
    },
    is: [[2], [{ term: "desk lamp", searches: 1 }]],
  },
  "a timer that is lost": {
    plant: async () => {
      const tasks = await cloudTasks();
      await tasks.purgeQueue({ name: tasks.queuePath("demo-pulsecart", "us-central1", "abandon-cart") });
      await change("carts", "cart_late", { armed_due_ms: shop().clock.now() - 20 * MINUTE_MS });
    },
    found: async () => [{ kind: "hangs", about: "cart_late", found: "cart whose timer is lost" }],
    mended: {
      "the timer of carts/cart_late": async () => {
        await shop().advanceUnswept(2 * 60 * MINUTE_MS);
        return (await shop().read(carts, "cart_late"))?.status;
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
    mended: { "stock/lamp": () => shop().read(stock, "lamp") },
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
    mended: { "ratings/lamp": () => shop().read(ratings, "lamp") },
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
      "contacts/usr_1": () => shop().read(contacts, "usr_1"),
      "contacts/usr_2": () => shop().read(contacts, "usr_2"),
    },
    is: [
      expect.objectContaining({ orders: 1, spent_minor: { USD: 4000 }, segment: "active" }),
      expect.objectContaining({ orders: 1, spent_minor: { USD: 15_000 } }),
    ],
  },
};
