import type { StockEntry } from "../../collections.ts";
import { stockEntries, supplierOrders } from "../../collections.ts";
import { firestore } from "../../google/firestore.ts";
import type { SupplierOrder } from "../../rules/stock/supplier-order.ts";
import { stockedUnits } from "../../rules/stock/supplier-order.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageStep } from "../closing/page-step.ts";

/** Supplier orders per page: the most values of one query by a list (https://cloud.google.com/firestore/quotas). */
const ORDERS_PER_PAGE = 30;

/**
 * Compares the receipts of supplier orders with their stock entries, for each order received from since the day began.
 * No difference is repaired, because no document says how many units really arrived.
 */
export const checkReceipts: PageStep = async ({ day, after }, work) => {
  const received = await receivedSince(Date.parse(day), after);
  const orders = received.map(document => document.data() as SupplierOrder);
  const suspects = (await wrongAmong(orders)).map(({ order }) => order.supplier_order_id);
  // A receipt and its entry are one commit, so the entries are stable while the orders read here are.
  const stored = await work.getAll(supplierOrders, suspects);
  const wrong = await wrongAmong(stored.flatMap(order => order ?? []));
  const last = received.at(-1);
  const isMore = received.length === ORDERS_PER_PAGE && last !== undefined;
  const next = isMore ? JSON.stringify([last.get("last_receipt_at_ms"), last.id]) : undefined;
  return { findings: wrong.map(receiptFinding), next };
};

async function receivedSince(sinceMs: number, after: string) {
  const page = firestore()
    .collection(supplierOrders.name)
    .where("last_receipt_at_ms", ">=", sinceMs)
    .orderBy("last_receipt_at_ms")
    .orderBy("__name__")
    .limit(ORDERS_PER_PAGE);
  return (await (after === "" ? page : page.startAfter(...JSON.parse(after))).get()).docs;
}

interface Compared {
  order: SupplierOrder;
  /** The stock entries of its receipts. */
  entries: StockEntry[];
}

/** Selects the orders whose receipts and stock entries differ. */
async function wrongAmong(orders: readonly SupplierOrder[]): Promise<Compared[]> {
  if (orders.length === 0) return [];
  const ids = orders.map(({ supplier_order_id }) => supplier_order_id);
  const found = await firestore().collection(stockEntries.name).where("supplier_order_id", "in", ids).get();
  const all = Map.groupBy(
    found.docs.map(document => document.data() as StockEntry),
    entry => entry.supplier_order_id,
  );
  const compared = orders.map(order => ({ order, entries: all.get(order.supplier_order_id) ?? [] }));
  return compared.filter(({ order, entries }) => stockedUnits(order) !== enteredUnits(entries));
}

function enteredUnits(entries: readonly StockEntry[]): number {
  return entries.reduce((sum, { delta }) => sum + delta, 0);
}

function receiptFinding({ order, entries }: Compared): Finding {
  const { supplier_order_id, product_id } = order;
  return {
    kind: "stock",
    about: supplier_order_id,
    expected: `${stockedUnits(order)} ${product_id} received, by its receipts`,
    found: `${enteredUnits(entries)} by its stock entries`,
    events: entries.length > 0 ? entries.map(({ cause }) => cause) : undefined,
  };
}
