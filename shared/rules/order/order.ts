/**
 * Orders as the events of other systems report them. A report is a fact and cannot be refused. Reports may come in any
 * order and more than once; the resulting order is the same.
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
  /** The buyer. Absent: a guest order of another system. */
  user_id?: string;
  /** Origin of the order. `unconfirmed`: some report names the order, but its order.placed was not received yet. */
  source: "checkout" | "outside" | "unconfirmed";
  /** Grows by one with each announced change of the balance. 0: the order has no document yet. */
  revision: number;
  /** Derived from the other fields, stored for readers of the document. */
  state: OrderState;
  items: OrderLine[];
  attempts: PaymentAttempt[];
  /** Reported payments that differ from `paid`, the one that counts. Absent: none. */
  paid_also?: Paid[];
  cart_id?: string;
  session_id?: string;
  /** Time of placement. For an unconfirmed order the time of its first report. */
  placed_at_ms: number;
  /** Absent: the parcel has not left. */
  dispatched?: { at_ms: number; carrier?: string; tracking_number?: string; tracking_url?: string };
  /** Absent: no delivery was reported. */
  delivered_at_ms?: number;
  /** Null: not cancelled. */
  cancelled: { reason?: string } | null;
}

/** Max different payments kept with an order; later ones are ignored. An order with more is a case for an operator. */
const MAX_PAYMENTS_OF_ORDER = 10;

/** The content of another system's order.placed. */
export interface PlacedReport {
  user_id?: string;
  items: OrderLine[];
  total_minor?: number;
  currency: string;
  cart_id?: string;
  session_id?: string;
  at_ms: number;
  /** True when the report says that the order is paid as well. */
  isPaid: boolean;
}

/** Creates the document of an order whose order.placed is not known yet. */
export function newOrder(
  orderId: string,
  { currency, atMs, user_id }: { currency: string; atMs: number; user_id?: string },
): Order {
  return {
    order_id: orderId,
    user_id,
    source: "unconfirmed",
    revision: 0,
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
 * Applies order.placed of another system. The first report of an order defines the order; each report may add that the
 * order is paid. An order of our own checkout stays as it is.
 * @returns `order`: the object that was passed in when nothing changed; `isNewlyPaid`: this report paid the order
 */
export function reportPlaced(order: Order, report: PlacedReport): { order: Order; isNewlyPaid: boolean } {
  if (order.source === "checkout") return { order, isNewlyPaid: false };
  const placed = order.source === "unconfirmed" ? confirmed(order, report) : order;
  if (!report.isPaid) return { order: placed, isNewlyPaid: false };
  const { currency, total_minor, items } = placed;
  const paid: Paid = { amount_minor: total_minor ?? totalOfLines(items), currency };
  return { order: reportPaid(placed, paid), isNewlyPaid: !isCovered(placed) };
}

/** Fills an unconfirmed order with its order.placed. */
function confirmed(order: Order, report: PlacedReport): Order {
  const { isPaid: _isPaid, at_ms, user_id = order.user_id, ...content } = report;
  return withState({ ...order, ...content, user_id, source: "outside", placed_at_ms: at_ms });
}

/**
 * Applies order.paid. When reports differ, the payment that covers the total counts. A smaller payment, or one in
 * another currency, is kept, and the order stays unpaid.
 */
export function reportPaid(order: Order, paid: Paid): Order {
  const known = paymentsOf(order);
  const same = known.find(other => isSameMoney(other, paid));
  if (same && paymentIds(same) <= paymentIds(paid)) return order;
  if (!same && known.length >= MAX_PAYMENTS_OF_ORDER) return order;
  return withState(withPayments(order, [...known.filter(other => other !== same), paid]));
}

/** Applies refund.issued. Each refund counts once; refunds beyond MAX_REFUNDS are not kept. */
export function reportRefund(order: Order, refund: Refund): Order {
  const isKnown = order.refunds.some(({ refund_id }) => refund_id === refund.refund_id);
  if (isKnown || order.refunds.length >= MAX_REFUNDS) return order;
  return withState({ ...order, refunds: [...order.refunds, refund] });
}

/** Applies order.cancelled. The first reason counts. */
export function reportCancelled(order: Order, reason: string | undefined): Order {
  if (order.cancelled) return order;
  // Without a reason the map is empty: the Firestore client drops a map in which each value is undefined.
  return withState({ ...order, cancelled: reason === undefined ? {} : { reason } });
}

/** Applies payment.failed of another system: adds the attempt at its own time. */
export function reportAttempt(order: Order, attempt: PaymentAttempt): Order {
  if (order.attempts.some(({ attempt_id }) => attempt_id === attempt.attempt_id)) return order;
  const attempts = [...order.attempts, attempt].sort((a, b) => a.at_ms - b.at_ms).slice(-MAX_ATTEMPTS);
  return { ...order, attempts };
}

function paymentsOf({ paid, paid_also = [] }: Order): Paid[] {
  return paid ? [paid, ...paid_also] : [];
}

function withPayments(order: Order, payments: readonly Paid[]): Order {
  const [paid, ...also] = payments;
  return { ...order, paid: paid ?? null, paid_also: also.length > 0 ? also : undefined };
}

function isSameMoney(one: Paid, other: Paid): boolean {
  return one.amount_minor === other.amount_minor && one.currency === other.currency;
}

/**
 * Makes a text from the ids of a payment, to choose between reports of the same money. The smallest text wins: a
 * report with ids comes before one without, and the order of arrival plays no part.
 */
function paymentIds({ payment_id = "~", attempt_id = "~" }: Paid): string {
  return `${payment_id} ${attempt_id}`;
}

/** Derives the payment that counts, the currency and the state from all reports. */
function withState(reported: Order): Order {
  const payments = paymentsOf(reported).sort((a, b) => comparePayments(reported, a, b));
  const ranked = payments.length > 1 ? withPayments(reported, payments) : reported;
  const order = ranked.source === "unconfirmed" ? { ...ranked, currency: reportedCurrency(ranked) } : ranked;
  const state = stateOf(order);
  return state === order.state ? order : { ...order, state };
}

/**
 * Sorts payments: those that cover the total first, then those in the order's currency. The smallest payment that
 * covers a known total comes first; of other payments the largest comes first.
 */
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

/** Returns the currency of an unconfirmed order: that of its payment, else of its first refund by id. */
function reportedCurrency({ paid, refunds, currency }: Order): string {
  const [first] = refunds.toSorted((a, b) => (a.refund_id < b.refund_id ? -1 : 1));
  return paid?.currency ?? first?.currency ?? currency;
}

function totalOfLines(items: readonly OrderLine[]): number | undefined {
  if (items.length === 0) return undefined;
  return sumMinor(
    items.map(({ unit_price_minor, quantity }) =>
      unit_price_minor === undefined ? undefined : timesMinor(unit_price_minor, quantity),
    ),
  );
}
