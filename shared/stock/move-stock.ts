import * as v from "valibot";
import type { StockEntry } from "../collections.ts";
import { products, stock, stockEntries, stockTotals } from "../collections.ts";
import { text, wholeNumber } from "../events/define.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";

const stockBody = v.strictObject({
  delta: v.pipe(
    wholeNumber(-1_000_000, 1_000_000),
    v.check(delta => delta !== 0, "not zero"),
  ),
  reason: text(500),
});

/**
 * Moves stock by hand: a delivery, a loss, a corrected count. Stock may fall below zero and is then owed to customers.
 * @throws Problem 404 when the product does not exist
 */
export async function moveStock({ params, body, newId }: Command, work: Work): Promise<Decision> {
  const productId = idIn(params, "product");
  const { delta, reason } = validBody(stockBody, body);
  if (!(await work.get(products, productId))) throw noSuch("product");
  addStock(newId("mov"), { product_id: productId, delta, reason }, work);
  return {
    status: 202,
    body: { status: "accepted", product_id: productId, delta },
    aggregate: productId,
  };
}

/** Adds a stock entry, moves the stock in the same commit, and arms the check of the threshold. */
export function addStock(entryId: string, move: Omit<StockEntry, "cause" | "at_ms">, work: Work): void {
  const { producer, id } = work.cause;
  work.create(stockEntries, entryId, { ...move, cause: `${producer} ${id}`, at_ms: work.nowMs });
  work.increment(stock, move.product_id, { quantity: move.delta });
  work.increment(stockTotals, move.product_id, { quantity: move.delta, entries: 1 });
  armStockCheck(move.product_id, work);
}

/** Arms the timer that compares the product's stock with its threshold. */
export function armStockCheck(productId: string, work: Work): void {
  const key = `products.${work.cause.id}`;
  work.timer("check-stock", { key, dueMs: work.nowMs, data: { product_ids: [productId] } });
}
