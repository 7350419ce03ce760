import { orders as orderDocuments } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { cancelOrder } from "../../shared/orders/cancel-order.ts";
import { isOwner } from "../../shared/orders/owners.ts";
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
 * The owner of orders, where it is told rather than asked: it cancels what could not be paid, and records what other
 * systems report of orders, so that what follows finds them.
 */
export const orders = reaction(
  "orders",
  {
    "order.placed": async (event, work) => {
      if (isOurs(event)) return OURS;
      const before = await known(event, work);
      const { order, isNewlyPaid } = reportPlaced(before, placedReport(event));
      if (isNewlyPaid) announcePaid(order, work);
      return record(before, order, work);
    },
    "order.paid": async (event, work) => {
      if (isOurs(event)) return OURS;
      const before = await known(event, work);
      if (before.source === "checkout") return skip("what is paid of its orders our checkout says itself");
      const { payment_id, attempt_id, amount, currency } = event.payload;
      const ids = {
        ...(payment_id === undefined ? {} : { payment_id }),
        ...(attempt_id === undefined ? {} : { attempt_id }),
      };
      return record(before, reportPaid(before, { ...eventMoney(amount, currency), ...ids }), work);
    },
    "refund.issued": async (event, work) => {
      if (isOurs(event)) return OURS;
      const before = await known(event, work);
      const { refund_id = event.event_id, amount, currency, items = [] } = event.payload;
      const money = eventMoney(amount, currency);
      const returned = items.map(({ product_id, quantity }) => ({ product_id, quantity }));
      return record(before, reportRefund(before, { refund_id, ...money, items: returned }), work);
    },
    "order.cancelled": async (event, work) => {
      if (isOurs(event)) return OURS;
      const before = await known(event, work);
      return record(before, reportCancelled(before, event.payload.reason), work);
    },
    "payment.failed": cancelUnpaid,
  },
  { immediate: ["payment.failed"] },
);

const OURS = skip("the owner announced this itself");

/** What the owner announces is known already. */
function isOurs({ producer }: OrderEvent): boolean {
  return isOwner(producer);
}

/** A failed attempt that is still the latest ends the order. One that nobody placed yet is waited for. */
async function cancelUnpaid(event: PulseCartEvent<"payment.failed">, work: Work): Promise<Skip | void> {
  const before = await work.get(orderDocuments, event.order_id);
  if (!before || before.source === "unconfirmed")
    throw new Error("the order that could not be paid is not known yet");
  const attemptId = event.payload.attempt_id ?? event.event_id;
  const attempt = { attempt_id: attemptId, outcome: "failed", at_ms: happenedAt(event) } as const;
  const order = isOurs(event) ? before : reportAttempt(before, attempt);
  const isCancelled = isLatestFailure(order, attemptId) && moveOrder(order.state, "cancel").allowed;
  if (!isCancelled && order === before)
    return skip("it is not the latest attempt any more, or the order is over");
  if (isCancelled) cancelOrder(order, "the payment failed", work);
  else work.set(orderDocuments, order.order_id, order);
}

async function known(event: OrderEvent, work: Work): Promise<Order> {
  const { order_id, user_id } = event;
  const about = {
    currency: config().defaultCurrency,
    atMs: happenedAt(event),
    ...(user_id === undefined ? {} : { user_id }),
  };
  return (await work.get(orderDocuments, order_id)) ?? newOrder(order_id, about);
}

function record(before: Order, order: Order, work: Work): Skip | undefined {
  if (order === before) return skip("known from an earlier report");
  work.set(orderDocuments, order.order_id, order);
  return undefined;
}

function placedReport(event: PulseCartEvent<"order.placed">): PlacedReport {
  const { user_id, session_id, payload } = event;
  const { items, total, currency = config().defaultCurrency, cart_id, payment_status } = payload;
  // An amount that its currency cannot have is left out: what was ordered is known all the same.
  const totalMinor = total === undefined ? undefined : toMinor(total, currency);
  return {
    ...(user_id === undefined ? {} : { user_id }),
    ...(session_id === undefined ? {} : { session_id }),
    ...(cart_id === undefined ? {} : { cart_id }),
    ...(totalMinor === undefined ? {} : { total_minor: totalMinor }),
    currency,
    items: items.map(({ product_id, product_name, quantity, unit_price }) => {
      const unitPriceMinor = unit_price === undefined ? undefined : toMinor(unit_price, currency);
      return {
        product_id,
        quantity,
        ...(product_name === undefined ? {} : { name: product_name }),
        ...(unitPriceMinor === undefined ? {} : { unit_price_minor: unitPriceMinor }),
      };
    }),
    at_ms: happenedAt(event),
    isPaid: payment_status === "confirmed",
  };
}

/** The report of the order was the report of its payment: whoever listens for payments hears of it. */
function announcePaid({ order_id, user_id, paid, currency }: Order, work: Work): void {
  if (paid?.amount_minor === undefined) return;
  const amount = fromMinor(paid.amount_minor, currency);
  work.emit({
    event_type: "order.paid",
    order_id,
    ...(user_id === undefined ? {} : { user_id }),
    payload: { amount, currency },
  });
}
