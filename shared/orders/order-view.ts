import type { Order } from "../rules/order/order.ts";
import { paidCurrency, refundedMinor } from "../rules/order/order-state.ts";
import { fromMinor } from "../values/money.ts";

/** Returns an order as the API answers it. Unknown fields are left out. */
export function orderView(order: Order) {
  const { order_id, user_id, source, state, cart_id, session_id, placed_at_ms, cancelled, currency } = order;
  const { paid, refunds, attempts } = order;
  const paidIn = paidCurrency(order);
  return {
    order_id,
    user_id,
    source,
    state,
    ...amountsOf(order),
    paid: decimal(paid?.amount_minor, paidIn),
    paid_currency: paidIn === currency ? undefined : paidIn,
    refunded: refunds.length === 0 ? undefined : decimal(refundedMinor(order), paidIn),
    payments: attempts.map(({ attempt_id, outcome }) => ({ attempt_id, status: outcome })),
    refunds: refunds.map(({ refund_id, amount_minor, currency: refundedIn = currency, items }) => ({
      refund_id,
      amount: decimal(amount_minor, refundedIn),
      currency: refundedIn === currency ? undefined : refundedIn,
      items,
    })),
    cart_id,
    session_id,
    cancel_reason: cancelled?.reason,
    placed_at: new Date(placed_at_ms).toISOString(),
  };
}

/** Returns items and total with amounts as decimals of the currency's main unit. */
export function amountsOf({
  items,
  total_minor,
  currency,
}: Pick<Order, "items" | "total_minor" | "currency">) {
  return {
    items: items.map(({ product_id, name, quantity, unit_price_minor }) => ({
      product_id,
      product_name: name,
      quantity,
      unit_price: decimal(unit_price_minor, currency),
    })),
    total: decimal(total_minor, currency),
    currency,
  };
}

function decimal(minor: number | undefined, currency: string): number | undefined {
  return minor === undefined ? undefined : fromMinor(minor, currency);
}
