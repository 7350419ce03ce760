import { segmentOrders, segments as segmentRecords } from "../../shared/collections.ts";
import { updateSegment } from "../../shared/customers/segment-change.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { ALREADY_COUNTED } from "../../shared/orders/buyer.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { BuyerChange } from "../../shared/rules/customer/order-worth.ts";
import {
  buyerChanges,
  isSameWorth,
  NO_ORDER_WORTH,
  orderWorthAfter,
} from "../../shared/rules/customer/order-worth.ts";
import { countOrder, firstRecord } from "../../shared/rules/customer/segment.ts";

/** Computes the segment of each customer (new, active, vip, lapsed) and announces every change of segment. */
export const segments = reaction("segments", { "order.balance_changed": countBalance });

/** Counts the order for its buyer, by the highest revision of its balance. A guest's order counts for no segment. */
async function countBalance(
  event: PulseCartEvent<"order.balance_changed">,
  work: Work,
): Promise<Skip | void> {
  const { order_id } = event;
  const before = (await work.get(segmentOrders, order_id)) ?? NO_ORDER_WORTH;
  const after = orderWorthAfter(before, event, eventMoney);
  if (isSameWorth(before, after)) return ALREADY_COUNTED;
  const changes = buyerChanges(before, after).filter(isPayment);
  const records = await work.getAll(
    segmentRecords,
    changes.map(({ user_id }) => user_id),
  );
  for (const [index, { user_id, worth, last_paid_at_ms }] of changes.entries()) {
    const record = records[index] ?? firstRecord(user_id);
    updateSegment(record, countOrder(record, worth, last_paid_at_ms), work);
  }
  work.set(segmentOrders, order_id, after);
}

/** Tells whether a change concerns money. An order without a payment gives its buyer no segment. */
function isPayment({ worth, last_paid_at_ms }: BuyerChange): boolean {
  return last_paid_at_ms !== undefined || worth.paid_orders !== 0 || Object.keys(worth.net_minor).length > 0;
}
