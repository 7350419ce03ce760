import type { Order } from "../rules/order/order.ts";
import { paidCurrency, refundedMinor } from "../rules/order/order-state.ts";
import { fromMinor } from "../values/money.ts";

/** An order as it is answered. What is not known of it is left out. */
export function orderView(order: Order) {
  const { order_id, user_id, source, state, cart_id, session_id, placed_at_ms, cancelled, currency } = order;
  const { paid, refunds, attempts } = order;
  const paidIn = paidCurrency(order);
  const decimal = (minor: number | undefined, of: string) =>
    minor === undefined ? undefined : fromMinor(minor, of);
  const another = (of: string) => (of === currency ? undefined : of);
  return {
    order_id,
    user_id,
    source,
    state,
    ...amountsOf(order),
    paid: decimal(paid?.amount_minor, paidIn),
    paid_currency: another(paidIn),
    refunded: refunds.length === 0 ? undefined : decimal(refundedMinor(order), paidIn),
    payments: attempts.map(({ attempt_id, outcome }) => ({ attempt_id, status: outcome })),
    refunds: refunds.map(({ refund_id, amount_minor, currency: of = currency, items }) => ({
      refund_id,
      amount: decimal(amount_minor, of),
      currency: another(of),
      items,
    })),
    cart_id,
    session_id,
    cancel_reason: cancelled?.reason,
    placed_at: new Date(placed_at_ms).toISOString(),
  };
}

/** Amounts as they travel: decimals of the currency's main unit. */
export function amountsOf({
  items,
  total_minor,
  currency,
}: Pick<Order, "items" | "total_minor" | "currency">) {
  return {
    items: items.map(({ product_id, name, quantity, unit_price_minor }) => ({
      product_id,
      ...(name === undefined ? {} : { product_name: name }),
      quantity,
      ...(unit_price_minor === undefined ? {} : { unit_price: fromMinor(unit_price_minor, currency) }),
    })),
    ...(total_minor === undefined ? {} : { total: fromMinor(total_minor, currency) }),
    currency,
  };
}
