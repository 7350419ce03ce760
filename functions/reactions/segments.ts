import { segmentOrders, segments as segmentRecords } from "../../shared/collections.ts";
import { updateSegment } from "../../shared/customers/segment-change.ts";
import { PermanentError } from "../../shared/errors.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { buyerOf, NOBODYS } from "../../shared/orders/buyer.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { SegmentOrder, SegmentRecord } from "../../shared/rules/customer/segment.ts";
import {
  countOrder,
  firstRecord,
  MAX_REFUNDS_OF_ORDER,
  NO_ORDER,
  paidAt,
} from "../../shared/rules/customer/segment.ts";

/** Finds out how much of a customer somebody is, and announces it when that changes. */
export const segments = reaction("segments", {
  "order.paid": async (event, work) => {
    const { order_id, received_at, payload } = event;
    const before = (await work.get(segmentOrders, order_id)) ?? NO_ORDER;
    if (before.paid) return skip(KNOWN);
    const buyer = await buyerOf(event, work);
    if (buyer === undefined) return NOBODYS;
    const after = { ...before, user_id: buyer, paid: eventMoney(payload.amount, payload.currency) };
    await count(order_id, { before, after }, work, record => paidAt(record, Date.parse(received_at)));
    return undefined;
  },
  "refund.issued": async ({ order_id, event_id, payload }, work) => {
    const before = (await work.get(segmentOrders, order_id)) ?? NO_ORDER;
    const { refund_id = event_id, amount, currency } = payload;
    if (Object.hasOwn(before.refunds, refund_id)) return skip(KNOWN);
    if (Object.keys(before.refunds).length >= MAX_REFUNDS_OF_ORDER)
      throw new PermanentError(
        `the order has ${MAX_REFUNDS_OF_ORDER} refunds already: no more of one order are kept`,
      );
    const refund = eventMoney(amount, currency);
    const after = { ...before, refunds: { ...before.refunds, [refund_id]: refund } };
    await count(order_id, { before, after }, work);
    return undefined;
  },
});

const KNOWN = "known from an earlier report";

/** A refund that comes before its payment is kept with its order and counts when the payment comes. */
async function count(
  orderId: string,
  { before, after }: { before: SegmentOrder; after: SegmentOrder },
  work: Work,
  also = (record: SegmentRecord) => record,
): Promise<void> {
  const { user_id } = after;
  const record =
    user_id === undefined ? undefined : ((await work.get(segmentRecords, user_id)) ?? firstRecord(user_id));
  work.set(segmentOrders, orderId, after);
  if (record) updateSegment(record, also(countOrder(record, before, after)), work);
}
