import { balancesOf } from "./balance.ts";
import type { Order } from "./order.ts";

/** Tells whether money arrived for the order, given back or not. A paid order may have a payment without an amount. */
export function hasMoney(order: Order): boolean {
  const isPaid = order.state === "paid" || order.state === "refunded";
  return isPaid || balancesOf(order).some(({ paid_minor }) => paid_minor > 0);
}
