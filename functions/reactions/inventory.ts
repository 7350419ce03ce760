import { products, stock, stockEntries, stockMoves, stockTotals } from "../../shared/collections.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { StockDelta, StockMove } from "../../shared/rules/stock/stock.ts";
import { followClaim, unknownProducts } from "../../shared/rules/stock/stock.ts";
import { hashOf } from "../../shared/values/ids.ts";

/** Takes the units that an order claims from stock, and puts them back when the order claims fewer. */
export const inventory = reaction("inventory", {
  "order.balance_changed": async ({ order_id, payload }, work): Promise<Skip | void> => {
    const fact = { order_id, revision: payload.revision, held: payload.held };
    const move = await work.get(stockMoves, order_id);
    const decision = followClaim(move, fact, await stockedAmong(unknownProducts(move, fact), work));
    if (decision.kind === "unchanged") return skip(decision.reason);
    work.set(stockMoves, order_id, decision.move);
    if (decision.deltas.length > 0) moveStock(decision.move, decision.deltas, work);
  },
});

async function stockedAmong(ids: readonly string[], work: Work): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const found = await work.getAll(products, ids);
  return new Set(ids.filter((_, index) => found[index]));
}

/** Moves stock, one entry per product, and arms the timer that compares stock with its threshold. */
function moveStock({ order_id, revision }: StockMove, deltas: readonly StockDelta[], work: Work): void {
  const { producer, id } = work.cause;
  for (const { product_id, delta } of deltas) {
    work.increment(stock, product_id, { quantity: delta });
    work.increment(stockTotals, product_id, { quantity: delta, entries: 1 });
    const cause = `${producer} ${id}`;
    const entry = { product_id, delta, cause, at_ms: work.nowMs, order_id, revision };
    work.create(stockEntries, hashOf(order_id, String(revision), product_id), entry);
  }
  work.timer("check-stock", {
    key: `inventory.${producer}.${id}`,
    dueMs: work.nowMs,
    data: { product_ids: deltas.map(({ product_id }) => product_id) },
  });
}
