/** The facts of an order. Every sum and state of an order is derived from them, in the order in which they happened. */
import type { OrderLine } from "./price-order.ts";

/** The time of a fact and the event that stated it. The event id decides between facts of one moment. */
export interface FactTime {
  /** The earlier of the event's timestamp and its receipt, in milliseconds. */
  at_ms: number;
  event_id: string;
}

/** A fact that several events may report. The first report gives its time, the latest report gives its content. */
export interface Reported extends FactTime {
  /** The report whose content stands. */
  reported: FactTime;
}

export interface Payment extends Reported {
  /** Absent: the attempt names the payment. */
  payment_id?: string;
  attempt_id?: string;
  /** All attempts that reports of this payment named. Absent: at most the one in `attempt_id`. */
  attempt_ids?: string[];
  amount_minor: number;
  currency: string;
}

/** A report without an id that the order is paid. The same money may have been reported with an id. */
export interface Claim extends FactTime {
  /** Absent: the whole total. */
  amount_minor?: number;
  currency: string;
}

export interface OrderItem {
  product_id: string;
  quantity: number;
}

export interface Refund extends Reported {
  refund_id: string;
  amount_minor: number;
  /** Absent: the order's currency. */
  currency?: string;
  /** Items that come back to stock. Empty: only money goes back. */
  items: OrderItem[];
  /** The request to our own checkout, kept to recognise its repetition. Absent: another system reported the refund. */
  asked?: { amount?: number; items?: OrderItem[]; owed?: boolean; currency?: string };
}

/** One attempt to pay, as the API shows it. */
export interface PaymentAttempt {
  attempt_id: string;
  outcome: "paid" | "failed";
  at_ms: number;
}

export interface Cancellation extends FactTime {
  reason?: string;
  /** The failed attempt that caused the cancellation. Absent: a customer, a shop or another system cancelled. */
  attempt_id?: string;
}

/** The known facts of an order. Their order of arrival plays no part. */
export interface OrderFacts {
  /** Origin of the order. `unconfirmed`: some report names the order, but its order.placed was not received yet. */
  source: "checkout" | "outside" | "unconfirmed";
  items: readonly OrderLine[];
  /** Absent: no report has named the total. */
  total_minor?: number;
  /** Currency of the total, and of refunds without one. */
  currency: string;
  /** Amounts that explain a total other than the sum of the lines. */
  discount_minor?: number;
  shipping_minor?: number;
  tax_minor?: number;
  payments: readonly Payment[];
  claims: readonly Claim[];
  refunds: readonly Refund[];
  attempts: readonly PaymentAttempt[];
  cancellations: readonly Cancellation[];
  /** Absent: the parcel has not left. */
  dispatched?: object;
}

/** Compares two facts by time, then by event id. */
export function compareFacts(one: FactTime, other: FactTime): number {
  return (
    one.at_ms - other.at_ms || (one.event_id < other.event_id ? -1 : Number(one.event_id > other.event_id))
  );
}

/** Returns the fact that happened first. */
export function firstFact<T extends FactTime>(facts: readonly T[]): T | undefined {
  return facts.toSorted(compareFacts)[0];
}

/**
 * Adds a report to a list. Reports of one thing are one entry: the latest report gives the content, the first report
 * gives the time.
 * @returns the list that was passed in when the report changes nothing
 */
export function withReport<T extends Reported>(
  list: readonly T[],
  report: T,
  isSame: (known: T) => boolean,
): readonly T[] {
  const known = list.find(isSame);
  if (!known) return [...list, report].sort(compareFacts);
  const { at_ms, event_id } = compareFacts(known, report) <= 0 ? known : report;
  const content = compareFacts(known.reported, report.reported) >= 0 ? known : report;
  if (content === known && event_id === known.event_id && at_ms === known.at_ms) return list;
  const merged = { ...content, at_ms, event_id };
  return list.map(each => (each === known ? merged : each)).sort(compareFacts);
}

/**
 * Returns the time of an owner's decision: after every known fact of the order, because the decision knows them. Two
 * decisions of one millisecond keep their sequence.
 */
export function decisionTime(order: OrderFacts, nowMs: number): number {
  const { payments, claims, refunds, attempts, cancellations } = order;
  const known = [payments, claims, refunds, attempts, cancellations].flat();
  return known.reduce((latest, { at_ms }) => Math.max(latest, at_ms + 1), nowMs);
}
