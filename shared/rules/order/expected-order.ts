/**
 * The expected state of an order, derived from its archived events. Reconciliation compares the order's document and
 * its stock move with this state.
 */

import { quantityByProduct } from "../quantities.ts";
import type { StockDecision, StockItem, StockMove } from "../stock/stock.ts";
import { decideCancelled, decidePlaced, decideReturned } from "../stock/stock.ts";
import type { FactTime } from "./facts.ts";
import { foldOrder } from "./fold.ts";
import { newOrder } from "./order.ts";
import type { PaidReport } from "./reports.ts";
import { reportPaid, reportRefund } from "./reports.ts";

/** The fields of an order's event that reconciliation needs. */
export type ExpectedOrderFact = { order_id: string; user_id?: string } & (
  | { type: "placed"; items: StockItem[]; claim?: PaidReport }
  | ({ type: "paid" } & PaidReport)
  | { type: "cancelled" }
  | ({ type: "refund"; refund_id: string; items?: StockItem[] } & Amount & FactTime)
);

interface Amount {
  amount_minor: number;
  currency: string;
}

/** The expected sums of an order in one currency, in minor units. */
export interface ExpectedSums {
  paid_minor: number;
  refunded_minor: number;
}

/** Derives the expected sums of an order from its events, by currency. */
export function expectedSums(
  orderId: string,
  facts: readonly ExpectedOrderFact[],
): Map<string, ExpectedSums> {
  let order = newOrder(orderId, { currency: "", atMs: 0 });
  for (const fact of facts) {
    if (fact.type === "paid") order = reportPaid(order, fact);
    if (fact.type === "placed" && fact.claim) order = reportPaid(order, fact.claim);
    if (fact.type === "refund") order = reportRefund(order, { ...fact, items: [] });
  }
  const { own, others } = foldOrder(order);
  return new Map([own, ...others].map(sums => [sums.currency, sums]));
}

/**
 * Derives the units that an order is expected to hold from its events.
 * @param stocked ordered products that existed here when order.placed was received
 * @param isGone true when the parcel has left: a cancellation then returned no goods
 */
export function expectedUnits(
  facts: readonly ExpectedOrderFact[],
  { stocked, isGone }: { stocked: ReadonlySet<string>; isGone: boolean },
): Map<string, number> {
  let move: StockMove | undefined;
  const decide = (decision: StockDecision) => {
    if (decision.kind === "changed") move = decision.move;
  };
  for (const fact of facts) {
    const { order_id } = fact;
    if (fact.type === "placed") decide(decidePlaced(move, { order_id, items: fact.items }, stocked));
    if (fact.type === "cancelled" && !isGone) decide(decideCancelled(move, order_id));
    if (fact.type !== "refund") continue;
    const { refund_id, items } = fact;
    if (items) decide(decideReturned(move, { order_id, refund_id, items }));
  }
  return heldBy(move);
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
