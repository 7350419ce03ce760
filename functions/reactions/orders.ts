import { redactIfErased } from "../../shared/accounts/erased.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { factId } from "../../shared/events/fact-id.ts";
import { isFromOwner } from "../../shared/events/ownership.ts";
import { announceCancelled } from "../../shared/orders/cancel-order.ts";
import { placedReport } from "../../shared/orders/placed-report.ts";
import { recordDelivered, recordDispatched } from "../../shared/orders/report-dispatch.ts";
import type { OrderEvent } from "../../shared/orders/reported-order.ts";
import { FROM_OWNER, factTime, reportedOrder, writeReport } from "../../shared/orders/reported-order.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { claimOf } from "../../shared/producers/claim.ts";
import type { Order } from "../../shared/rules/order/order.ts";
import { firstMoney } from "../../shared/rules/order/payments.ts";
import {
  reportAttempt,
  reportCancelled,
  reportPaid,
  reportPlaced,
  reportRefund,
} from "../../shared/rules/order/reports.ts";
import { fromMinor } from "../../shared/values/money.ts";

/**
 * Records the facts that other systems report about orders, so that later events and commands find them. Cancels orders
 * whose payment failed. The owner of orders answers commands in functions/http/checkout.ts.
 */
export const orders = reaction(
  "orders",
  {
    "order.placed": recordPlaced,
    "order.paid": (event, work) =>
      record(event, work, order => {
        const { payment_id, attempt_id, amount, currency } = event.payload;
        const ids = { ...(payment_id && { payment_id }), ...(attempt_id && { attempt_id }) };
        return reportPaid(order, { ...ids, ...eventMoney(amount, currency), ...factTime(event) });
      }),
    "refund.issued": (event, work) =>
      record(event, work, order => {
        const { refund_id = factId("ref", event), amount, currency, items = [] } = event.payload;
        const returned = items.map(({ product_id, quantity }) => ({ product_id, quantity }));
        const money = eventMoney(amount, currency);
        return reportRefund(order, { refund_id, ...money, items: returned, ...factTime(event) });
      }),
    "order.cancelled": (event, work) =>
      record(event, work, async order => {
        const { reason } = (await redactIfErased(event, work)).payload;
        return reportCancelled(order, { ...factTime(event), ...(reason === undefined ? {} : { reason }) });
      }),
    "payment.failed": cancelUnpaid,
    "order.dispatched": recordDispatched,
    "order.delivered": recordDelivered,
  },
  { immediate: ["payment.failed"] },
);

/** Applies a fact that another system reports. The owner has written its own facts with its decision. */
async function record<E extends OrderEvent>(
  event: E,
  work: Work,
  apply: (order: Order) => Order | Promise<Order>,
): Promise<Skip | void> {
  if (isFromOwner(event)) return FROM_OWNER;
  const before = await reportedOrder(event, work);
  return writeReport({ before, after: await apply(before) }, work);
}

async function recordPlaced(event: PulseCartEvent<"order.placed">, work: Work): Promise<Skip | void> {
  if (isFromOwner(event)) return FROM_OWNER;
  const before = await reportedOrder(event, work);
  const report = placedReport(event);
  const claimed = before.owned_by === undefined ? { ...before, ...claimOf(event, work) } : before;
  const { order, isNewlyPaid, claimed_minor } = reportPlaced(claimed, report);
  const { currency } = report;
  if (isNewlyPaid && claimed_minor !== undefined) announceClaim(order, { claimed_minor, currency }, work);
  return writeReport({ before, after: order }, work);
}

const PAID_MEANWHILE = skip("our checkout has recorded a payment since the attempt failed");

/**
 * Records a failed payment. The failure cancels an order without an earlier payment until the parcel has left. A failure
 * at our own checkout cancels nothing once a payment is recorded.
 * @throws Error while the order is not placed yet: the event is deferred
 */
async function cancelUnpaid(event: PulseCartEvent<"payment.failed">, work: Work): Promise<Skip | void> {
  const before = await reportedOrder(event, work);
  if (before.source === "unconfirmed")
    throw new Error("order of the failed payment is unknown: expected its order.placed first");
  if (isFromOwner(event) && firstMoney(before)) return PAID_MEANWHILE;
  const attempt_id = event.payload.attempt_id ?? factId("att", event);
  const time = factTime(event);
  const tried = reportAttempt(before, { attempt_id, outcome: "failed", at_ms: time.at_ms });
  const reason = "the payment failed";
  const after = reportCancelled(tried, { ...time, attempt_id, reason });
  const isNewlyCancelled = !before.cancelled && after.cancelled !== null;
  const written = writeReport({ before, after }, work);
  if (!written && isNewlyCancelled) announceCancelled(after, { reason }, work);
  return written;
}

/** Announces the payment that a report of a placed order claims, for every reaction to order.paid. */
function announceClaim(
  { order_id, user_id }: Order,
  { claimed_minor, currency }: { claimed_minor: number; currency: string },
  work: Work,
): void {
  const amount = fromMinor(claimed_minor, currency);
  work.emit({ event_type: "order.paid", order_id, user_id, payload: { amount, currency } });
}
