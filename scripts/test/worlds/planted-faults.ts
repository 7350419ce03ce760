import { expect } from "@jest/globals";
import {
  carts,
  contacts,
  dayCounters,
  orders as orderDocuments,
  productViews,
  ratings,
  stock,
  stockEntries,
  supplierOrders,
} from "../../../shared/collections.ts";
import type { Finding } from "../../../shared/day-close/closing/day-report-types.ts";
import { documentRef, firestore, increment, readDocument } from "../../../shared/google/firestore.ts";
import { cloudTasks } from "../../../shared/google/tasks.ts";
import type { ArchivedEvent } from "../../../shared/pipeline/records/archived-event.ts";
import { archivedEvents } from "../../../shared/pipeline/records/archived-event.ts";
import { liveCollection } from "../../../shared/pipeline/records/generation.ts";
import { ledger } from "../../../shared/pipeline/records/ledger.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/values/durations.ts";
import type { LivedShop } from "./day-close.ts";

/** Some fields of a finding that a fault causes. */
type ExpectedFinding = Partial<Record<keyof Finding, unknown>>;

/** A repair, and the value after it. */
interface ExpectedRepair {
  /** Text that the repair's target contains. */
  target: string;
  read(shop: LivedShop): Promise<unknown>;
  value: unknown;
}

/** A difference between events and documents. */
export interface PlantedFault {
  plant(shop: LivedShop): Promise<unknown>;
  findings(shop: LivedShop): Promise<ExpectedFinding[]>;
  /** Absent: the day close reports the fault and repairs nothing. */
  repairs?: readonly ExpectedRepair[];
}

/** Lists the events of a type about an order in the form of a finding: producer and id. */
async function eventsOf(type: string, orderId: string): Promise<string[]> {
  const { docs } = await firestore().collection(archivedEvents.name).get();
  const all = docs.map(document => document.data() as ArchivedEvent);
  const found = all.filter(({ event_type, order_id }) => event_type === type && order_id === orderId);
  return found.map(({ producer, event_id }) => `${producer} ${event_id}`);
}

/** Returns the name of the fact that states the first balance of an order, as a finding names it. */
async function firstClaimOf(orderId: string): Promise<string[]> {
  const { docs } = await firestore().collection(archivedEvents.name).get();
  const all = docs.map(document => JSON.parse((document.data() as ArchivedEvent).event));
  return all
    .filter(({ order_id, payload }) => order_id === orderId && payload.revision === 1)
    .map(({ producer, event_id }) => `${producer} ${event_id}`);
}

async function changeDocument(collection: string, id: string, fields: object): Promise<void> {
  await documentRef({ name: collection }, id).update({ ...fields });
}

async function deleteAll(collection: string): Promise<void> {
  const { docs } = await firestore().collection(collection).get();
  for (const { ref } of docs) await ref.delete();
}

const lostCounters: PlantedFault = {
  plant: async ({ world }) => {
    const counters = await liveCollection("analytics", dayCounters);
    const { docs } = await firestore().collection(counters.name).get();
    for (const { id, ref } of docs) if (id.startsWith(world.day)) await ref.delete();
  },
  findings: async () => {
    const counts = {
      orders: 4,
      paid_orders: 3,
      refunds: 1,
      unpriced_orders: 1,
      priced_orders_USD: 3,
      cancellations: 1,
      reviews: 1,
    };
    const amounts = { paid_minor_USD: 21_000, refunded_minor_USD: 5_000, sales_minor_USD: 34_000 };
    const funnel = { cart_adds: 1, funnel_cart: 1, funnel_order: 4, funnel_paid: 3 };
    const others = { rating_sum: 4, segment_changes: 3, low_stock_alerts: 1 };
    const all = Object.entries({ ...counts, ...amounts, ...funnel, ...others });
    return all.map(([about, expected]) => ({ kind: "counter", about, expected, found: 0 }));
  },
  repairs: [
    {
      target: "the counter orders of",
      read: async ({ world }) => {
        const { orders, views, paid } = (await world.send("GET", `/analytics/${world.day}`)).body;
        return { orders, views, paid };
      },
      value: { orders: 4, views: 2, paid: { USD: 210 } },
    },
  ],
};

const lostRows: PlantedFault = {
  plant: async () => {
    for (const name of ["product_views", "search_terms"]) await deleteAll(name);
  },
  findings: async () => [
    { kind: "counter", about: "views of lamp", expected: 2, found: 0 },
    { kind: "counter", about: "searches of desk lamp", expected: 5, found: 0 },
  ],
  repairs: [
    {
      target: "the counter views of lamp",
      read: async ({ world }) => (await world.all(productViews)).map(({ views }) => views),
      value: [2],
    },
    {
      target: "the counter searches of desk lamp",
      read: async ({ world }) => (await world.send("GET", `/analytics/${world.day}`)).body.top_terms,
      value: [{ term: "desk lamp", searches: 5 }],
    },
  ],
};

const lostTimer: PlantedFault = {
  plant: async ({ world }) => {
    const tasks = await cloudTasks();
    await tasks.purgeQueue({ name: tasks.queuePath("demo-pulsecart", "us-central1", "abandon-cart") });
    await changeDocument("carts", "cart_late", { armed_due_ms: world.clock.now() - 20 * MINUTE_MS });
  },
  findings: async () => [{ kind: "hangs", about: "cart_late", found: "cart timer lost" }],
  repairs: [
    {
      target: "the timer of carts/cart_late",
      read: async ({ world }) => {
        await world.advanceUnswept(2 * HOUR_MS);
        return (await world.read(carts, "cart_late"))?.status;
      },
      value: "abandoned",
    },
  ],
};

const lostAnnouncement: PlantedFault = {
  plant: async () => {
    const entries = await firestore().collection(ledger.name).where("by", "==", "segments").get();
    const [entry] = entries.docs.filter(document => document.get("announced_count") === 1);
    const lost = { announced: [...(entry?.get("announced") ?? []), "evt_lost"], announced_count: 2 };
    await entry?.ref.update(lost);
  },
  findings: async () => [
    { kind: "never archived", about: "announced by segments", events: ["segments evt_lost"] },
  ],
};

const moveCountedTwice: PlantedFault = {
  plant: () => changeDocument("stock", "lamp", { quantity: 10 }),
  findings: async () => [
    {
      kind: "stock",
      about: "lamp",
      expected: "12",
      found: "10 by the stock; 12 by its total; 12 by the opening stock and 3 stock entries of 3",
    },
  ],
  repairs: [
    { target: "stock/lamp", read: ({ world }) => world.read(stock, "lamp"), value: { quantity: 12 } },
  ],
};

const receiptNeverCounted: PlantedFault = {
  plant: () => changeDocument("stock", "rug", { quantity: 5 }),
  findings: async () => [
    {
      kind: "stock",
      about: "rug",
      expected: "8",
      found: "5 by the stock; 8 by its total; 8 by the opening stock and 2 stock entries of 2",
    },
  ],
  repairs: [{ target: "stock/rug", read: ({ world }) => world.read(stock, "rug"), value: { quantity: 8 } }],
};

const changedReceipt: PlantedFault = {
  plant: async ({ world, supplierOrder }) => {
    const order = await world.read(supplierOrders, supplierOrder);
    const receipts = order?.receipts.map(receipt => ({ ...receipt, quantity: 2 }));
    const ordered_at_ms = world.clock.now() - 15 * DAY_MS;
    await changeDocument("supplier_orders", supplierOrder, { receipts, ordered_at_ms });
  },
  findings: async ({ world, supplierOrder }) => [
    {
      kind: "stock",
      about: supplierOrder,
      expected: "2 rug received, by its receipts",
      found: "3 by its stock entries",
      events: (await receiptEntries(world)).map(({ cause }) => cause),
    },
    {
      kind: "open supplier order",
      about: supplierOrder,
      expected: "received within 14 days",
      found: expect.stringMatching(/^3 rug open since \d{4}-\d\d-\d\d$/),
    },
  ],
};

async function receiptEntries({ all }: LivedShop["world"]) {
  return (await all(stockEntries)).filter(({ receipt_id }) => receipt_id !== undefined);
}

const orderDeductedTwice: PlantedFault = {
  plant: async ({ orders }) => {
    const again = { product_id: "chair", delta: -2, cause: "checkout evt_twice", at_ms: 0 };
    await documentRef(stockEntries, "twice").set({ ...again, order_id: orders.refunded });
    await changeDocument("stock", "chair", { quantity: 6 });
    await changeDocument("stock_totals", "chair", { quantity: 6, entries: increment(1) });
  },
  findings: async ({ orders }) => [
    {
      kind: "stock",
      about: `${orders.refunded}: units held`,
      expected: "2 chair",
      found: "4 chair by the stock entries; 2 chair by the stock move; 2 chair by the events",
      events: expect.arrayContaining([
        ...(await eventsOf("order.placed", orders.refunded)),
        "checkout evt_twice",
      ]),
    },
  ],
};

const wrongStockMove: PlantedFault = {
  plant: ({ orders }) =>
    changeDocument("stock_moves", orders.cancelled, { held: [{ product_id: "chair", quantity: 3 }] }),
  findings: async ({ orders }) => [
    {
      kind: "stock",
      about: `${orders.cancelled}: units held`,
      expected: "no units",
      found: "no units by the stock entries; 3 chair by the stock move; no units by the events",
    },
  ],
};

const unhandledEvent: PlantedFault = {
  plant: async ({ orders }) => {
    const [claim = ""] = await firstClaimOf(orders.cancelled);
    const entries = await firestore().collection(ledger.name).where("by", "==", "shipping").get();
    const lost = entries.docs.find(each => claim.endsWith(each.get("cause.id")));
    await lost?.ref.delete();
  },
  findings: async ({ orders }) => [
    {
      kind: "never handled",
      about: "order.balance_changed by shipping",
      events: await firstClaimOf(orders.cancelled),
    },
  ],
};

const wrongMoney: PlantedFault = {
  plant: async ({ orders }) => {
    const [payment] = (await readDocument(orderDocuments, orders.paid))?.payments ?? [];
    await changeDocument("orders", orders.paid, { payments: [{ ...payment, amount_minor: 4100 }] });
    await changeDocument("orders", orders.refunded, { refunds: [] });
  },
  findings: async ({ orders: { paid, refunded } }) => [
    {
      kind: "money",
      about: `${paid}: paid`,
      expected: "40 USD",
      found: "41 USD by the order; 40 USD by order.balance_changed; 40 USD by the events",
      events: expect.arrayContaining(await eventsOf("order.paid", paid)),
    },
    {
      kind: "money",
      about: `${refunded}: refunded`,
      expected: "50 USD",
      found: "nothing by the order; 50 USD by order.balance_changed; 50 USD by the events",
      events: expect.arrayContaining(await eventsOf("refund.issued", refunded)),
    },
  ],
};

const staleRating: PlantedFault = {
  plant: () => documentRef(ratings, "lamp").set({ count: 3, sum: 9 }),
  findings: async () => [
    {
      kind: "rating",
      about: "lamp",
      expected: "1 reviews, 4 stars",
      found:
        "3 reviews, 9 stars by the rating; 1 reviews, 4 stars by the published reviews; 1 reviews, 4 stars by the events",
    },
  ],
  repairs: [
    { target: "ratings/lamp", read: ({ world }) => world.read(ratings, "lamp"), value: { count: 1, sum: 4 } },
  ],
};

const staleContacts: PlantedFault = {
  plant: async () => {
    await changeDocument("contacts", "usr_1", { orders: 2, "spent_minor.USD": 1 });
    await documentRef(contacts, "usr_2").delete();
  },
  findings: async ({ orders }) => [
    {
      kind: "contact",
      about: "usr_1",
      expected: "orders: 1, spent: 40 USD",
      found: expect.stringContaining("orders: 2 by the contact; 1 by the events; 1 by the contact's orders"),
      events: expect.arrayContaining(await eventsOf("order.balance_changed", orders.paid)),
    },
    { kind: "contact", about: "usr_2", found: expect.stringContaining("nothing by the contact") },
  ],
  repairs: [
    {
      target: "contacts/usr_1",
      read: ({ world }) => world.read(contacts, "usr_1"),
      value: expect.objectContaining({ orders: 1, spent_minor: { USD: 4000 }, segment: "active" }),
    },
    {
      target: "contacts/usr_2",
      read: ({ world }) => world.read(contacts, "usr_2"),
      value: expect.objectContaining({ orders: 1, spent_minor: { USD: 10_000 } }),
    },
  ],
};

/** The faults by their names in tests. */
export const PLANTED_FAULTS: Readonly<Record<string, PlantedFault>> = {
  "lost counters": lostCounters,
  "lost rows of products and terms": lostRows,
  "a lost cart timer": lostTimer,
  "a lost announcement": lostAnnouncement,
  "a stock move that counted twice": moveCountedTwice,
  "a receipt of goods that never counted": receiptNeverCounted,
  "a changed receipt of a late supplier order": changedReceipt,
  "an order deducted from stock twice": orderDeductedTwice,
  "a wrong stock move of an order": wrongStockMove,
  "an event that one reaction never handled": unhandledEvent,
  "wrong amounts of orders": wrongMoney,
  "a stale rating": staleRating,
  "stale contacts": staleContacts,
};
