import {
  products,
  shipments,
  stock,
  stockEntries,
  stockMoves,
  stockTotals,
} from "../../shared/collections.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { hasLeft } from "../../shared/rules/order/shipping.ts";
import type { StockDecision } from "../../shared/rules/stock/stock.ts";
import { decideCancelled, decidePlaced, decideReturned } from "../../shared/rules/stock/stock.ts";
import { hashOf } from "../../shared/values/ids.ts";

/** Deducts ordered units from stock and returns cancelled or refunded units, each once and in any order of arrival. */
export const inventory = reaction("inventory", {
  "order.placed": async ({ order_id, payload }, work) => {
    const move = await work.get(stockMoves, order_id);
    const ids = [...new Set(payload.items.map(item => item.product_id))];
    const known = await work.getAll(products, ids);
    const stocked = new Set(ids.filter((_, index) => known[index]));
    return moveStock(order_id, decidePlaced(move, { order_id, items: payload.items }, stocked), work);
  },
  "order.cancelled": async ({ order_id }, work) => {
    // A dispatch reads the stock move, so a parcel never leaves after this cancellation was applied.
    if (hasLeft(await work.get(shipments, order_id)))
      return skip("the parcel has left: only a refund returns its goods to stock");
    const move = await work.get(stockMoves, order_id);
    return moveStock(order_id, decideCancelled(move, order_id), work);
  },
  "refund.issued": async ({ order_id, event_id, payload }, work) => {
    const { refund_id = event_id, items } = payload;
    if (!items) return skip("the refund names no items: stock does not change");
    const move = await work.get(stockMoves, order_id);
    return moveStock(order_id, decideReturned(move, { order_id, refund_id, items }), work);
  },
});

/** Writes a stock decision, one entry per product, and arms the timer that compares stock with its threshold. */
function moveStock(orderId: string, decision: StockDecision, work: Work): Skip | void {
  if (decision.kind === "unchanged") return skip(decision.reason);
  work.set(stockMoves, orderId, decision.move);
  const { producer, id } = work.cause;
  for (const { product_id, delta } of decision.deltas) {
    work.increment(stock, product_id, { quantity: delta });
    work.increment(stockTotals, product_id, { quantity: delta, entries: 1 });
    const entry = { product_id, delta, cause: `${producer} ${id}`, at_ms: work.nowMs, order_id: orderId };
    work.create(stockEntries, hashOf(producer, id, product_id), entry);
  }
  if (decision.deltas.length === 0) return;
  work.timer("check-stock", {
    key: `inventory.${producer}.${id}`,
    dueMs: work.nowMs,
    data: { product_ids: decision.deltas.map(({ product_id }) => product_id) },
  });
}
