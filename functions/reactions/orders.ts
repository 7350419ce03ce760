import { redactIfErased } from "../../shared/accounts/erased.ts";
import { orders as orderDocuments } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { cancelOrder } from "../../shared/orders/cancel-order.ts";
import { isOwner } from "../../shared/orders/owners.ts";
import { writeOrder } from "../../shared/orders/write-order.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { Order, PlacedReport } from "../../shared/rules/order/order.ts";
import {
  newOrder,
  reportAttempt,
  reportCancelled,
  reportPaid,
  reportPlaced,
  reportRefund,
} from "../../shared/rules/order/order.ts";
import { moveOrder } from "../../shared/rules/order/order-state.ts";
import { isLatestFailure } from "../../shared/rules/order/payment.ts";
import { fromMinor, toMinor } from "../../shared/values/money.ts";

type OrderEvent = PulseCartEvent<
  "order.placed" | "order.paid" | "order.cancelled" | "refund.issued" | "payment.failed"
>;

/**
 * Records orders that other systems report, so that later events and commands find them, and cancels orders whose
 * payment failed. The owner of orders answers commands in functions/http/checkout.ts; this reaction acts on events.
 */
export const orders = reaction(
  "orders",
  {
    "order.placed": recordPlaced,
    "order.paid": recordPaid,
    "refund.issued": recordRefund,
    "order.cancelled": async (event, work) => {
      if (isFromOwner(event)) return FROM_OWNER;
      const { payload } = await redactIfErased(event, work);
      const before = await orderOf(event, work);
      return writeReport(before, reportCancelled(before, payload.reason), work);
    },
    "payment.failed": cancelUnpaid,
  },
  { immediate: ["payment.failed"] },
);

const FROM_OWNER = skip("the owner of orders announced this event and already wrote the order");

/** Tells whether the owner announced the event, after it wrote the order in its own transaction. */
function isFromOwner({ producer }: OrderEvent): boolean {
  return isOwner(producer);
}

async function recordPlaced(event: PulseCartEvent<"order.placed">, work: Work): Promise<Skip | void> {
  if (isFromOwner(event)) return FROM_OWNER;
  const before = await orderOf(event, work);
  const { order, isNewlyPaid } = reportPlaced(before, placedReport(event));
  if (isNewlyPaid) announcePaid(order, work);
  return writeReport(before, order, work);
}

async function recordPaid(event: PulseCartEvent<"order.paid">, work: Work): Promise<Skip | void> {
  if (isFromOwner(event)) return FROM_OWNER;
  const before = await orderOf(event, work);
  if (before.source === "checkout")
    return skip("checkout took this order: only checkout reports its payments");
  const { payment_id, attempt_id, amount, currency } = event.payload;
  const paid = { ...eventMoney(amount, currency), payment_id, attempt_id };
  return writeReport(before, reportPaid(before, paid), work);
}

async function recordRefund(event: PulseCartEvent<"refund.issued">, work: Work): Promise<Skip | void> {
  if (isFromOwner(event)) return FROM_OWNER;
  const before = await orderOf(event, work);
  const { refund_id = event.event_id, amount, currency, items = [] } = event.payload;
  const money = eventMoney(amount, currency);
  const returned = items.map(({ product_id, quantity }) => ({ product_id, quantity }));
  return writeReport(before, reportRefund(before, { refund_id, ...money, items: returned }), work);
}

/**
 * Cancels an order if the failed attempt is still its latest one.
 * @throws Error while the order is not placed yet: the event is deferred
 */
async function cancelUnpaid(event: PulseCartEvent<"payment.failed">, work: Work): Promise<Skip | void> {
  const before = await work.get(orderDocuments, event.order_id);
  if (!before || before.source === "unconfirmed")
    throw new Error("order of the failed payment is unknown: expected its order.placed first");
  const attemptId = event.payload.attempt_id ?? event.event_id;
  const attempt = { attempt_id: attemptId, outcome: "failed", at_ms: happenedAt(event) } as const;
  const order = isFromOwner(event) ? before : reportAttempt(before, attempt);
  const isCancelled = isLatestFailure(order, attemptId) && moveOrder(order.state, "cancel").allowed;
  if (!isCancelled && order === before)
    return skip("the failed attempt is not the latest one, or the order can no longer be cancelled");
  if (isCancelled) cancelOrder(order, "the payment failed", work);
  else writeOrder(before, order, work);
}

/** Returns the order of an event; an order without a document is unconfirmed. */
async function orderOf(event: OrderEvent, work: Work): Promise<Order> {
  const { order_id, user_id } = event;
  const known = { currency: config().defaultCurrency, atMs: happenedAt(event), user_id };
  return (await work.get(orderDocuments, order_id)) ?? newOrder(order_id, known);
}

function writeReport(before: Order, order: Order, work: Work): Skip | void {
  if (order === before) return skip("an earlier report already changed the order in the same way");
  writeOrder(before, order, work);
}

function placedReport(event: PulseCartEvent<"order.placed">): PlacedReport {
  const { user_id, session_id, payload } = event;
  const { items, total, currency = config().defaultCurrency, cart_id, payment_status } = payload;
  // An amount that is impossible in its currency is left out: the items are recorded without it.
  const totalMinor = total === undefined ? undefined : toMinor(total, currency);
  return {
    // The report is spread over the order document: a field that is undefined would erase the known one.
    ...(user_id === undefined ? {} : { user_id }),
    ...(session_id === undefined ? {} : { session_id }),
    ...(cart_id === undefined ? {} : { cart_id }),
    ...(totalMinor === undefined ? {} : { total_minor: totalMinor }),
    currency,
    items: items.map(({ product_id, product_name, quantity, unit_price }) => ({
      product_id,
      quantity,
      name: product_name,
      unit_price_minor: unit_price === undefined ? undefined : toMinor(unit_price, currency),
    })),
    at_ms: happenedAt(event),
    isPaid: payment_status === "confirmed",
  };
}

/** Announces the payment that a report of a placed order confirmed, for every reaction to order.paid. */
function announcePaid({ order_id, user_id, paid, currency }: Order, work: Work): void {
  if (paid?.amount_minor === undefined) return;
  const amount = fromMinor(paid.amount_minor, currency);
  work.emit({ event_type: "order.paid", order_id, user_id, payload: { amount, currency } });
}
