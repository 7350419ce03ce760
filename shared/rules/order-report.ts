/**
 * What other systems report of orders. Each report is a fact that cannot be refused; they may come in any order and
 * more than once, and add up to the same order.
 */
import { sumMinor, timesMinor } from "./money.ts";
import type { OrderLine } from "./order.ts";
import type { OrderState } from "./order-state.ts";
import { stateOf } from "./order-state.ts";
import type { Payable, PaymentAttempt, Refund } from "./payment.ts";
import { MAX_ATTEMPTS, MAX_REFUNDS } from "./payment.ts";

/** The document `orders/{order_id}`. */
export interface Order extends Payable {
  order_id: string;
  /** Another system's order may be nobody's. */
  user_id?: string;
  /** Who took it. `hearsay`: something was reported about it, but not yet that it was placed. */
  source: "checkout" | "outside" | "hearsay";
  /** Derived from what is known; kept for whoever reads the document. */
  state: OrderState;
  items: OrderLine[];
  attempts: PaymentAttempt[];
  cart_id?: string;
  session_id?: string;
  /** Of hearsay, when it was first heard of. */
  placed_at_ms: number;
  cancelled: { reason?: string } | null;
}

export interface PlacedReport {
  user_id?: string;
  items: OrderLine[];
  total_minor?: number;
  currency: string;
  cart_id?: string;
  session_id?: string;
  at_ms: number;
  /** The report says that it is paid as well. */
  isPaid: boolean;
}

/** An order nobody has placed yet, as far as is known. */
export function hearsay(orderId: string, about: { currency: string; atMs: number; user_id?: string }): Order {
  const { currency, atMs, user_id } = about;
  return {
    order_id: orderId,
    ...(user_id === undefined ? {} : { user_id }),
    source: "hearsay",
    state: "placed",
    items: [],
    currency,
    attempts: [],
    paid: null,
    refunds: [],
    cancelled: null,
    placed_at_ms: atMs,
  };
}

/**
 * order.placed of another system: the first report of an order tells what it is, each may tell that it is paid.
 * `order` is the very object that was passed in when there is nothing new; `isNewlyPaid` when this is what told.
 */
export function reportPlaced(order: Order, report: PlacedReport): { order: Order; isNewlyPaid: boolean } {
  const { isPaid, at_ms, ...told } = report;
  const placed: Order =
    order.source === "hearsay" ? { ...order, ...told, source: "outside", placed_at_ms: at_ms } : order;
  if (!isPaid || placed.paid) return { order: withState(placed), isNewlyPaid: false };
  const amountMinor = placed.total_minor ?? sumOf(placed.items);
  const paid = amountMinor === undefined ? {} : { amount_minor: amountMinor };
  return { order: withState({ ...placed, paid }), isNewlyPaid: true };
}

/** order.paid: the first report counts. */
export function reportPaid(order: Order, paid: NonNullable<Order["paid"]>): Order {
  return order.paid ? order : withState({ ...order, paid });
}

/** refund.issued: each refund counts once. Beyond the most an order can have they are no longer kept. */
export function reportRefund(order: Order, refund: Refund): Order {
  const isKnown = order.refunds.some(({ refund_id }) => refund_id === refund.refund_id);
  if (isKnown || order.refunds.length >= MAX_REFUNDS) return order;
  return withState({ ...order, refunds: [...order.refunds, refund] });
}

/** order.cancelled: the first reason counts. */
export function reportCancelled(order: Order, reason: string | undefined): Order {
  return order.cancelled ? order : withState({ ...order, cancelled: reason === undefined ? {} : { reason } });
}

/** payment.failed of another system: an attempt at its own time, among those that are known. */
export function reportAttempt(order: Order, attempt: PaymentAttempt): Order {
  if (order.attempts.some(({ attempt_id }) => attempt_id === attempt.attempt_id)) return order;
  const attempts = [...order.attempts, attempt].sort((a, b) => a.at_ms - b.at_ms).slice(-MAX_ATTEMPTS);
  return { ...order, attempts };
}

function withState(order: Order): Order {
  const state = stateOf(order);
  return state === order.state ? order : { ...order, state };
}

function sumOf(items: readonly OrderLine[]): number | undefined {
  if (items.length === 0) return undefined;
  return sumMinor(
    items.map(({ unit_price_minor, quantity }) =>
      unit_price_minor === undefined ? undefined : timesMinor(unit_price_minor, quantity),
    ),
  );
}
