import type { StockEntry } from "../../collections.ts";
import { stockEntries } from "../../collections.ts";
import type { Collection } from "../../google/firestore.ts";
import { documentRef, firestore } from "../../google/firestore.ts";

/** A stored document, and whether it changed after the cut-off. */
export interface Stored<T> {
  data: T | undefined;
  /** True for a change after the cut-off. An event of the next day made it, so the next closing compares it. */
  isLater: boolean;
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
