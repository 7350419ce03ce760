import { MAX_MINOR } from "../../values/money.ts";
import type { OrderFacts } from "./facts.ts";
import { foldOrder } from "./fold.ts";

/** Max attempts kept with an order. An order that failed so often is a case for an operator, not for another try. */
export const MAX_ATTEMPTS = 50;

/** Max payments and claims of an order. One payment has at most 300 bytes, so the document stays far below 1 MiB. */
export const MAX_PAYMENTS = 100;

/** Max refunds kept with an order. */
export const MAX_REFUNDS = 100;

/** Max products in all refunds of an order. One has at most 350 bytes, so the document stays below 1 MiB. */
const MAX_RETURNED_ITEMS = 2_000;

/** Max currencies of an order: the balances of one event (`order.balance_changed`). */
const MAX_CURRENCIES = 20;

/**
 * Checks the limits of an order after a change.
 * @returns the exceeded limit as a sentence; undefined when the order may be written
 */
export function limitFault(order: OrderFacts): string | undefined {
  const { payments, claims, refunds } = order;
  const paymentCount = payments.length + claims.length;
  if (paymentCount > MAX_PAYMENTS)
    return `order has too many payments: expected at most ${MAX_PAYMENTS}, got ${paymentCount}`;
  if (refunds.length > MAX_REFUNDS)
    return `order has too many refunds: expected at most ${MAX_REFUNDS}, got ${refunds.length}`;
  const returned = refunds.reduce((sum, { items }) => sum + items.length, 0);
  if (returned > MAX_RETURNED_ITEMS)
    return `order has too many returned items: expected at most ${MAX_RETURNED_ITEMS}, got ${returned}`;
  const { own, others } = foldOrder(order);
  if (1 + others.length > MAX_CURRENCIES)
    return `order has too many currencies: expected at most ${MAX_CURRENCIES}, got ${1 + others.length}`;
  const sums = [own, ...others].flatMap(({ paid_minor, refunded_minor }) => [paid_minor, refunded_minor]);
  const isTooMuch = sums.some(sum => sum > MAX_MINOR);
  return isTooMuch
    ? `order sum is too large: expected at most ${MAX_MINOR} minor units, got more`
    : undefined;
}
