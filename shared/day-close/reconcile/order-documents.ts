import type { StockEntry } from "../../collections.ts";
import { products, stockEntries } from "../../collections.ts";
import type { Collection } from "../../google/firestore.ts";
import { documentRef, firestore } from "../../google/firestore.ts";
import type { ExpectedOrderFact } from "../../rules/order/expected-order.ts";
import type { StockMove } from "../../rules/stock/stock.ts";
import type { Reconciled } from "./reconciled-events.ts";

/** A stored document with its creation time, and whether it changed after the cut-off. */
export interface Stored<T> {
  data: T | undefined;
  /** True for a change after the cut-off. An event of the next day made it, so the next closing compares it. */
  isLater: boolean;
  /** Time of creation; Infinity for a missing document. */
  createdMs: number;
}

export async function readStored<T>(
  of: Collection<T>,
  ids: readonly string[],
  cutOffMs: number,
): Promise<Stored<T>[]> {
  if (ids.length === 0) return [];
  const found = await firestore().getAll(...ids.map(id => documentRef(of, id)));
  return found.map(document => ({
    data: document.data() as T | undefined,
    isLater: (document.updateTime?.toMillis() ?? 0) >= cutOffMs,
    createdMs: document.createTime?.toMillis() ?? Number.POSITIVE_INFINITY,
  }));
}

/** Reads the stock entries of orders, by order id. */
export async function stockEntriesOf(orderIds: readonly string[]): Promise<Map<string, StockEntry[]>> {
  const { docs } = await firestore()
    .collection(stockEntries.name)
    .where("order_id", "in", [...orderIds])
    .get();
  return Map.groupBy(
    docs.map(document => document.data() as StockEntry),
    ({ order_id = "" }) => order_id,
  );
}

/**
 * Reads when the products of these orders were created.
 * @returns milliseconds by product id; Infinity for a product that this shop does not stock
 */
export async function stockedSince(
  events: ReadonlyMap<string, readonly Reconciled[]>,
  cutOffMs: number,
): Promise<Map<string, number>> {
  const ids = [...new Set([...events.values()].flat().flatMap(({ fact }) => orderedIn(fact)))];
  const found = await readStored(products, ids, cutOffMs);
  return new Map(ids.map((id, index) => [id, found[index]?.createdMs ?? Number.POSITIVE_INFINITY]));
}

/**
 * Finds the products of an order that had stock when the order was received. Such a product was created before, or
 * the order's stock move deducted it.
 */
export function stockedFor(
  events: readonly Reconciled[],
  move: StockMove | undefined,
  sinceMs: ReadonlyMap<string, number>,
): Set<string> {
  const placed = events.filter(({ fact }) => fact?.type === "placed");
  const deducted = new Set(move?.deducted?.map(({ product_id }) => product_id));
  const isStocked = (id: string): boolean => {
    const createdMs = sinceMs.get(id) ?? Number.POSITIVE_INFINITY;
    if (createdMs === Number.POSITIVE_INFINITY) return false;
    return placed.every(({ received_at_ms }) => createdMs < received_at_ms) || deducted.has(id);
  };
  return new Set(placed.flatMap(({ fact }) => orderedIn(fact)).filter(isStocked));
}

function orderedIn(fact: ExpectedOrderFact | undefined): string[] {
  return fact?.type === "placed" ? fact.items.map(({ product_id }) => product_id) : [];
}
