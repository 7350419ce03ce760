/**
 * What other systems report of orders. Each report is a fact that cannot be refused; they may come in any order and
 * more than once, and add up to the same order.
 */
import { sumMinor, timesMinor } from "../../values/money.ts";
import type { OrderState } from "./order-state.ts";
import { isCovered, stateOf } from "./order-state.ts";
import type { Paid, Payable, PaymentAttempt, Refund } from "./payment.ts";
import { MAX_ATTEMPTS, MAX_REFUNDS } from "./payment.ts";
import type { OrderLine } from "./price-order.ts";

/** The document `orders/{order_id}`. */
export interface Order extends Payable {
  order_id: string;
  /** Another system's order may be nobody's. */
  user_id?: string;
  /** Who took it. `unconfirmed`: something was reported about it, but not yet that it was placed. */
  source: "checkout" | "outside" | "unconfirmed";
  /** Derived from what is known; kept for whoever reads the document. */
  state: OrderState;
  items: OrderLine[];
  attempts: PaymentAttempt[];
  /** What was reported as paid, too: another amount than the one that counts. */
  paid_also?: Paid[];
  cart_id?: string;
  session_id?: string;
  /** Of unconfirmed, when it was first heard of. */
  placed_at_ms: number;
  cancelled: { reason?: string } | null;
}

/** So many payments that differ are kept of an order. One that is paid more often than that is looked into. */
const MAX_PAYMENTS = 10;

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
export function unconfirmed(
  orderId: string,
  about: { currency: string; atMs: number; user_id?: string },
): Order {
  const { currency, atMs, user_id } = about;
  return {
    order_id: orderId,
    ...(user_id === undefined ? {} : { user_id }),
    source: "unconfirmed",
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
 * `order` is the very object that was passed in when there is nothing new; `isNewlyPaid` when this is what told. What
 * was taken here is known here.
 */
export function reportPlaced(order: Order, report: PlacedReport): { order: Order; isNewlyPaid: boolean } {
  if (order.source === "checkout") return { order, isNewlyPaid: false };
  const { isPaid, at_ms, ...told } = report;
  const placed: Order =
    order.source === "unconfirmed"
      ? withState({ ...order, ...told, source: "outside", placed_at_ms: at_ms })
      : order;
  if (!isPaid) return { order: placed, isNewlyPaid: false };
  const amountMinor = placed.total_minor ?? sumOf(placed.items);
  const { currency } = placed;
  const paid = amountMinor === undefined ? { currency } : { amount_minor: amountMinor, currency };
  return { order: reportPaid(placed, paid), isNewlyPaid: !isCovered(placed) };
}

/**
 * order.paid: of several reports that differ the one counts that covers the total. What is less, or in another
 * currency, is kept, and the order waits for the rest of it.
 */
export function reportPaid(order: Order, paid: Paid): Order {
  const known = paymentsOf(order);
  const same = known.find(other => isSameMoney(other, paid));
  if (same && idsOf(same) <= idsOf(paid)) return order;
  if (!same && known.length >= MAX_PAYMENTS) return order;
  return withState(withPayments(order, [...known.filter(other => other !== same), paid]));
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

function paymentsOf({ paid, paid_also = [] }: Order): Paid[] {
  return paid ? [paid, ...paid_also] : [];
}

function withPayments(order: Order, payments: readonly Paid[]): Order {
  const { paid_also: _before, ...rest } = order;
  const [paid = null, ...also] = payments;
  return { ...rest, paid, ...(also.length > 0 && { paid_also: also }) };
}

function isSameMoney(one: Paid, other: Paid): boolean {
  return one.amount_minor === other.amount_minor && one.currency === other.currency;
}

/** Of reports of the same money the one that says more, and then always the same one, is the smallest. */
function idsOf({ payment_id = "~", attempt_id = "~" }: Paid): string {
  return `${payment_id} ${attempt_id}`;
}

/** What follows from all that was heard, in whatever order. */
function withState(heard: Order): Order {
  const payments = paymentsOf(heard).sort((a, b) => comparePayments(heard, a, b));
  const ranked = payments.length > 1 ? withPayments(heard, payments) : heard;
  const order = ranked.source === "unconfirmed" ? { ...ranked, currency: heardCurrency(ranked) } : ranked;
  const state = stateOf(order);
  return state === order.state ? order : { ...order, state };
}

/** The payment that counts first: one that covers the total, and as exactly as any. */
function comparePayments(order: Order, a: Paid, b: Paid): number {
  const isCovering = (paid: Paid) => isCovered({ ...order, paid });
  const isOwn = ({ currency }: Paid) => order.source !== "unconfirmed" && currency === order.currency;
  const up = order.total_minor !== undefined && isCovering(a) ? 1 : -1;
  const size = ({ amount_minor = up * Number.MAX_SAFE_INTEGER }: Paid) => amount_minor;
  return (
    Number(isCovering(b)) - Number(isCovering(a)) ||
    Number(isOwn(b)) - Number(isOwn(a)) ||
    up * (size(a) - size(b)) ||
    ((a.currency ?? "") < (b.currency ?? "") ? -1 : 1)
  );
}

/** Until somebody says what an order costs, its currency is that of the money that was heard of. */
function heardCurrency({ paid, refunds, currency }: Order): string {
  const [first] = refunds.toSorted((a, b) => (a.refund_id < b.refund_id ? -1 : 1));
  return paid?.currency ?? first?.currency ?? currency;
}

function sumOf(items: readonly OrderLine[]): number | undefined {
  if (items.length === 0) return undefined;
  return sumMinor(
    items.map(({ unit_price_minor, quantity }) =>
      unit_price_minor === undefined ? undefined : timesMinor(unit_price_minor, quantity),
    ),
  );
}
