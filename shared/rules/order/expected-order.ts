/** What an order's events add up to: what its document and its stock move must say, however they were heard. */
import type { StockDecision, StockItem, StockMove } from "../stock/stock.ts";
import { decideCancelled, decidePlaced, decideReturned } from "../stock/stock.ts";

/** One event of an order, as far as its books go by it. */
export type OrderFact = { order_id: string; user_id?: string } & (
  | { type: "placed"; items: StockItem[] }
  | { type: "paid"; amount_minor: number }
  | { type: "cancelled" }
  | { type: "refund"; refund_id: string; amount_minor: number; items?: StockItem[] }
);

export interface ExpectedOrder {
  /** What its payment was reported as; of several reports that differ, each. None: it is not paid. */
  paid_minor: number[];
  refunded_minor: number;
  /** What it holds of each product. */
  held: Map<string, number>;
}

/**
 * Adds up an order.
 * @param stocked of the items of an order.placed, the products that were in stock here when it was heard
 * @param isGone its parcel has left: then no cancellation has brought goods back
 */
export function expectedOrder(
  facts: readonly OrderFact[],
  { stocked, isGone }: { stocked: ReadonlySet<string>; isGone: boolean },
): ExpectedOrder {
  const paid = new Set<number>();
  const refunds = new Map<string, number>();
  let move: StockMove | undefined;
  const decide = (decision: StockDecision) => {
    if (decision.kind === "changed") move = decision.move;
  };
  for (const fact of facts) {
    const { order_id } = fact;
    if (fact.type === "paid") paid.add(fact.amount_minor);
    if (fact.type === "placed") decide(decidePlaced(move, { order_id, items: fact.items }, stocked));
    if (fact.type === "cancelled" && !isGone) decide(decideCancelled(move, order_id));
    if (fact.type !== "refund") continue;
    const { refund_id, amount_minor, items } = fact;
    if (!refunds.has(refund_id)) refunds.set(refund_id, amount_minor);
    if (items) decide(decideReturned(move, { order_id, refund_id, items }));
  }
  const refunded = [...refunds.values()].reduce((sum, amount) => sum + amount, 0);
  return { paid_minor: [...paid], refunded_minor: refunded, held: heldBy(move) };
}

/** What an order holds of each product; what has come back wholly is left out. */
export function heldBy(move: StockMove | undefined): Map<string, number> {
  if (!move) return new Map();
  const back = new Map<string, number>();
  for (const { product_id, quantity } of move.returned)
    back.set(product_id, (back.get(product_id) ?? 0) + quantity);
  const held = (move.deducted ?? []).map(
    ({ product_id, quantity }) => [product_id, quantity - (back.get(product_id) ?? 0)] as const,
  );
  return new Map(held.filter(([, quantity]) => quantity !== 0));
}
