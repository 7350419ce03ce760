import { isDeepStrictEqual } from "node:util";
import { orders } from "../collections.ts";
import type { Work } from "../pipeline/work.ts";
import type { Balance } from "../rules/order/balance.ts";
import { balanceChanges, balancesOf, heldItems, shipmentOf } from "../rules/order/balance.ts";
import type { Order } from "../rules/order/order.ts";
import { withDerived } from "../rules/order/order.ts";
import { fromMinor } from "../values/money.ts";

/**
 * Writes an order with its derived fields and announces the change of its balance in the same commit, as
 * order.balance_changed. An order whose sums, state, units and shipment stay the same keeps its revision, and nothing is
 * announced.
 * @param before an order without a document has revision 0
 * @returns the order as written, with its revision
 */
export function writeOrder(before: Order, after: Order, work: Work): Order {
  const isNew = before.revision === 0;
  const derived = withDerived(after);
  const balance = announcedBalance(derived);
  const isSame = !isNew && isDeepStrictEqual(announcedBalance(before), balance);
  const revision = before.revision + (isSame ? 0 : 1);
  const order = { ...derived, revision };
  if (isNew) work.create(orders, order.order_id, order);
  else work.set(orders, order.order_id, order);
  if (isSame) return order;
  const { order_id, user_id, cancelled } = order;
  const changes = balanceChanges(isNew ? [] : balancesOf(before), balancesOf(order));
  work.emit({
    event_type: "order.balance_changed",
    order_id,
    user_id,
    payload: {
      revision,
      previous_state: isNew ? undefined : before.state,
      ...balance,
      changes: changes.map(change => ({
        ...decimals(change),
        total: fromMinor(change.total_minor, change.currency),
      })),
      reason: cancelled?.reason,
    },
  });
  return order;
}

/** Returns the values that order.balance_changed states absolutely. */
function announcedBalance(order: Order) {
  return {
    state: order.state,
    balances: balancesOf(order).map(decimals),
    held: heldItems(order).map(item => ({ ...item })),
    shipment: shipmentOf(order),
  };
}

/** Converts the sums of a balance to decimals of the currency's main unit. */
function decimals({ currency, orders: count, paid_orders, ...minor }: Balance) {
  const { total_minor, paid_minor, refunded_minor, owed_back_minor, still_due_minor } = minor;
  return {
    currency,
    orders: count,
    total: total_minor === undefined ? undefined : fromMinor(total_minor, currency),
    paid: fromMinor(paid_minor, currency),
    refunded: fromMinor(refunded_minor, currency),
    owed_back: fromMinor(owed_back_minor, currency),
    still_due: fromMinor(still_due_minor, currency),
    paid_orders,
  };
}
