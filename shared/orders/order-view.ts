import type { MoneySums } from "../rules/order/fold.ts";
import { foldOrder } from "../rules/order/fold.ts";
import type { Order } from "../rules/order/order.ts";
import { countedPayments } from "../rules/order/payments.ts";
import { lineShares, totalParts } from "../rules/order/shares.ts";
import { fromMinor } from "../values/money.ts";
import { parcelView } from "./parcel-view.ts";

/** Returns an order as the API answers it. Unknown fields are left out. */
export function orderView(order: Order) {
  const { order_id, user_id, source, state, cart_id, session_id, placed_at_ms, cancelled, currency } = order;
  const { refunds, conflicts } = order;
  const { own, others } = foldOrder(order);
  return {
    order_id,
    user_id,
    source,
    state,
    ...amountsOf(order),
    ...partsOf(order),
    ...sumsOf(own),
    other_currencies:
      others.length > 0 ? others.map(sums => ({ currency: sums.currency, ...sumsOf(sums) })) : undefined,
    payments: paymentsOf(order),
    refunds: refunds.map(({ refund_id, amount_minor, currency: paidIn = currency, items, at_ms }) => ({
      refund_id,
      amount: fromMinor(amount_minor, paidIn),
      currency: paidIn,
      items,
      at: isoTime(at_ms),
    })),
    conflicts: conflicts.length > 0 ? conflicts.map(({ kind }) => kind) : undefined,
    ...parcelView(order),
    cart_id,
    session_id,
    cancel_reason: cancelled?.reason,
    placed_at: isoTime(placed_at_ms),
  };
}

/** Lists payments, claims and failed attempts by time. */
function paymentsOf(order: Order) {
  const { payments, claims, attempts, total_minor = 0 } = order;
  const counted = new Set(countedPayments(order));
  const money = [
    ...payments.map(({ payment_id, attempt_id, amount_minor, currency, at_ms }, index) => ({
      ...{ payment_id, attempt_id, amount: fromMinor(amount_minor, currency), currency, at_ms },
      state: counted.has(payments[index] as (typeof payments)[number]) ? "paid" : "not-counted",
    })),
    ...claims.map(({ amount_minor = total_minor, currency, at_ms }) => ({
      ...{
        payment_id: undefined,
        attempt_id: undefined,
        amount: fromMinor(amount_minor, currency),
        currency,
        at_ms,
      },
      state: "claimed",
    })),
    ...attempts
      .filter(({ outcome }) => outcome === "failed")
      .map(({ attempt_id, at_ms }) => ({ attempt_id, at_ms, state: "failed" })),
  ];
  return money
    .sort((one, other) => one.at_ms - other.at_ms)
    .map(({ at_ms, ...rest }) => ({ ...rest, at: isoTime(at_ms) }));
}

/** Returns the sums in one currency. Sums that are not known or zero are shown as 0, so that a client need not guess. */
function sumsOf({ currency, ...sums }: MoneySums) {
  return {
    paid: fromMinor(sums.paid_minor, currency),
    refunded: fromMinor(sums.refunded_minor, currency),
    owed_back: fromMinor(sums.owed_back_minor, currency),
    still_due: fromMinor(sums.still_due_minor, currency),
  };
}

/** Returns the parts of the total other than the lines. */
function partsOf(order: Order) {
  const { discount_minor, shipping_minor, tax_minor, currency } = order;
  const unexplained = totalParts(order)?.unexplained_minor;
  return {
    discount: decimal(discount_minor, currency),
    shipping: decimal(shipping_minor, currency),
    tax: decimal(tax_minor, currency),
    unexplained: unexplained ? fromMinor(unexplained, currency) : undefined,
    // The money that goes back with all units of a line, in the sequence in which units go back.
    shares: lineShares(order).map(({ product_id, quantity, share_minor }) => ({
      ...{ product_id, quantity, share: decimal(share_minor, currency) },
    })),
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

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

function decimal(minor: number | undefined, currency: string): number | undefined {
  return minor === undefined ? undefined : fromMinor(minor, currency);
}
