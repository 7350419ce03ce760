import { products, shipments, stock, stockEntries, stockMoves } from "../../shared/collections.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { hasLeft } from "../../shared/rules/order/shipping.ts";
import type { StockDecision } from "../../shared/rules/stock/stock.ts";
import { decideCancelled, decidePlaced, decideReturned } from "../../shared/rules/stock/stock.ts";
import { hashOf } from "../../shared/values/ids.ts";

/** Takes what was ordered from stock and puts back what was cancelled or returned, each once, whatever arrives first. */
export const inventory = reaction("inventory", {
  "order.placed": async ({ order_id, payload }, work) => {
    const move = await work.get(stockMoves, order_id);
    const ids = [...new Set(payload.items.map(item => item.product_id))];
    const known = await work.getAll(products, ids);
    const stocked = new Set(ids.filter((_, index) => known[index]));
    return moveStock(order_id, decidePlaced(move, { order_id, items: payload.items }, stocked), work);
  },
  "order.cancelled": async ({ order_id }, work) => {
    // A parcel leaves only while stock has heard of no cancellation: which of the two came first stays so.
    if (hasLeft(await work.get(shipments, order_id)))
      return skip("the parcel has left: only a refund brings its goods back");
    const move = await work.get(stockMoves, order_id);
    return moveStock(order_id, decideCancelled(move, order_id), work);
  },
  "refund.issued": async ({ order_id, event_id, payload }, work) => {
    const { refund_id = event_id, items } = payload;
    if (!items) return skip("money alone went back");
    const move = await work.get(stockMoves, order_id);
    return moveStock(order_id, decideReturned(move, { order_id, refund_id, items }), work);
  },
});

function moveStock(orderId: string, decision: StockDecision, work: Work): Skip | undefined {
  if (decision.kind === "unchanged") return skip(decision.reason);
  work.set(stockMoves, orderId, decision.move);
  const { producer, id } = work.cause;
  for (const { product_id, delta } of decision.deltas) {
    work.increment(stock, product_id, { quantity: delta });
    const entry = { product_id, delta, cause: `${producer} ${id}`, at_ms: work.nowMs, order_id: orderId };
    work.create(stockEntries, hashOf(producer, id, product_id), entry);
  }
  if (decision.deltas.length === 0) return undefined;
  const data = {
    product_ids: decision.deltas.map(({ product_id }) => product_id),
  };
  const key = `inventory.${work.cause.producer}.${work.cause.id}`;
  work.timer("check-stock", { key, dueMs: work.nowMs, data });
  return undefined;
}
