/**
 * The expected state of an order, derived from its archived events. Reconciliation compares the order's document and
 * its stock move with this state.
 */

import { quantityByProduct } from "../quantities.ts";

import type { StockItem } from "../stock/stock.ts";
import type { FactTime } from "./facts.ts";
import { foldOrder } from "./fold.ts";
import { newOrder } from "./order.ts";
import type { PaidReport } from "./reports.ts";
import { reportPaid, reportRefund } from "./reports.ts";

/** The fields of an order's event that reconciliation needs. */
export type ExpectedOrderFact = { order_id: string } & (
  | { type: "placed"; claim?: PaidReport }
  | { type: "held"; revision: number; held: StockItem[] }
  | ({ type: "paid" } & PaidReport)
  | ({ type: "refund"; refund_id: string } & Amount & FactTime)
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
 * Derives the units that an order is expected to hold from its events. The highest revision counts.
 * @param notStocked ordered products that were not stocked when the order named them first
 */
export function expectedUnits(
  facts: readonly ExpectedOrderFact[],
  notStocked: ReadonlySet<string>,
): Map<string, number> {
  let latest: { revision: number; held: readonly StockItem[] } = { revision: 0, held: [] };
  for (const fact of facts) if (fact.type === "held" && fact.revision > latest.revision) latest = fact;
  return quantityByProduct(latest.held.filter(({ product_id }) => !notStocked.has(product_id)));
}
