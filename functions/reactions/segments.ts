import { segmentOrders, segments as segmentRecords } from "../../shared/collections.ts";
import { updateSegment } from "../../shared/customers/segment-change.ts";
import { PermanentError } from "../../shared/errors.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { buyerOf, GUEST_ORDER } from "../../shared/orders/buyer.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { SegmentOrder } from "../../shared/rules/customer/segment.ts";
import {
  countOrder,
  firstRecord,
  MAX_REFUNDS_OF_ORDER,
  NO_ORDER,
  paidAt,
} from "../../shared/rules/customer/segment.ts";

/** Computes the segment of each customer (new, active, vip, lapsed) and announces every change of segment. */
export const segments = reaction("segments", { "order.paid": countPayment, "refund.issued": countRefund });

async function countPayment(event: PulseCartEvent<"order.paid">, work: Work): Promise<Skip | void> {
  const { order_id, received_at, payload } = event;
  const before = (await work.get(segmentOrders, order_id)) ?? NO_ORDER;
  if (before.paid) return skip("an earlier report already counted the payment of this order");
  const buyer = await buyerOf(event, work);
  if (buyer === undefined) return GUEST_ORDER;
  const after = { ...before, user_id: buyer, paid: eventMoney(payload.amount, payload.currency) };
  await writeOrder({ order_id, before, after, paidAtMs: Date.parse(received_at) }, work);
}

/** Counts a refund. A refund that arrives before its payment is kept with the order and counts with the payment. */
async function countRefund(event: PulseCartEvent<"refund.issued">, work: Work): Promise<Skip | void> {
  const { order_id, event_id, payload } = event;
  const before = (await work.get(segmentOrders, order_id)) ?? NO_ORDER;
  const { refund_id = event_id, amount, currency } = payload;
  if (Object.hasOwn(before.refunds, refund_id)) return skip("an earlier report already counted this refund");
  if (Object.keys(before.refunds).length >= MAX_REFUNDS_OF_ORDER)
    throw new PermanentError(
      `order has too many refunds: expected at most ${MAX_REFUNDS_OF_ORDER}, got one more`,
    );
  const refund = eventMoney(amount, currency);
  const after = { ...before, refunds: { ...before.refunds, [refund_id]: refund } };
  await writeOrder({ order_id, before, after }, work);
}

interface OrderChange {
  order_id: string;
  before: SegmentOrder;
  after: SegmentOrder;
  /** Time of a new payment, in milliseconds. Absent: the change is a refund. */
  paidAtMs?: number;
}

/** Writes what is counted of an order, and the segment of its buyer once the buyer is known. */
async function writeOrder({ order_id, before, after, paidAtMs }: OrderChange, work: Work): Promise<void> {
  const { user_id } = after;
  const record =
    user_id === undefined ? undefined : ((await work.get(segmentRecords, user_id)) ?? firstRecord(user_id));
  work.set(segmentOrders, order_id, after);
  if (!record) return;
  const counted = countOrder(record, before, after);
  updateSegment(record, paidAtMs === undefined ? counted : paidAt(counted, paidAtMs), work);
}
