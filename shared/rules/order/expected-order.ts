/**
 * The expected state of an order, derived from its archived events. Reconciliation compares the order's document and
 * its stock move with this state.
 */

import { quantityByProduct } from "../quantities.ts";
import type { StockDecision, StockItem, StockMove } from "../stock/stock.ts";
import { decideCancelled, decidePlaced, decideReturned } from "../stock/stock.ts";

/** The fields of an order's event that reconciliation needs. */
export type ExpectedOrderFact = { order_id: string; user_id?: string } & (
  | { type: "placed"; items: StockItem[] }
  | { type: "paid"; amount_minor: number }
  | { type: "cancelled" }
  | { type: "refund"; refund_id: string; amount_minor: number; items?: StockItem[] }
);

export interface ExpectedOrder {
  /** Reported payments that differ. Empty: the order is not paid. */
  paid_minor: number[];
  refunded_minor: number;
  /** Quantity that the order holds of each product. */
  held: Map<string, number>;
}

/**
 * Derives the expected state of an order from its events.
 * @param stocked ordered products that existed here when order.placed was received
 * @param isGone true when the parcel has left: a cancellation then returned no goods
 */
export function expectedOrder(
  facts: readonly ExpectedOrderFact[],
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

/** Lists the quantity that an order holds of each product. Products that came back completely are left out. */
export function heldBy(move: StockMove | undefined): Map<string, number> {
  if (!move) return new Map();
  const back = quantityByProduct(move.returned);
  const held = (move.deducted ?? []).map(
    ({ product_id, quantity }) => [product_id, quantity - (back.get(product_id) ?? 0)] as const,
  );
  return new Map(held.filter(([, quantity]) => quantity !== 0));
}
