/**
 * The segment of a customer. Orders and payments count once each. The segment follows from the counts and the time
 * alone, so the order of arrival plays no part.
 */
import { DAY_MS } from "../../values/durations.ts";

export type Segment = "new" | "active" | "vip" | "lapsed";

// No source fixes these numbers. The owner of a shop adjusts them here, the only place that names them.

/** Orders that make a customer a vip, whatever their totals. */
export const VIP_ORDERS = 5;
/** Payments less refunds that make a customer a vip, in the main unit of the shop's own currency. */
export const VIP_SPENT = 500;
/** Time without a payment after which a customer lapses. A quarter: a customer who buys once a year lapses in between. */
export const LAPSED_AFTER_MS = 90 * DAY_MS;

/** The document `segments/{user_id}`. */
export interface SegmentRecord {
  user_id: string;
  segment: Segment;
  /** Number of orders that are paid and not completely refunded. */
  orders: number;
  /** Payments less refunds of these orders, in minor units by currency. */
  net_minor: Record<string, number>;
  /** Time when the latest payment was received, refunded or not. Null: no payment. */
  last_paid_at_ms: number | null;
  /** Time when the segment lapses; the day close queries this field. Null: lapsed already, or no payment. */
  lapses_at_ms: number | null;
}

/** The document `segment_orders/{order_id}`: the facts about one order. */
export interface SegmentOrder {
  /** Absent until the payment is known. */
  user_id?: string;
  paid?: { amount_minor: number; currency: string };
  /** Refunds by their id. */
  refunds: Record<string, { amount_minor: number; currency: string }>;
}

/**
 * Max refunds kept of one order, far more than an order has. At about 100 bytes each the document stays far below
 * 1 MiB.
 */
export const MAX_REFUNDS_OF_ORDER = 1_000;

export const NO_ORDER: SegmentOrder = Object.freeze({ refunds: Object.freeze({}) });

/** Creates the record to start from when no document is stored. */
export function firstRecord(userId: string): SegmentRecord {
  return {
    user_id: userId,
    segment: "new",
    orders: 0,
    net_minor: {},
    last_paid_at_ms: null,
    lapses_at_ms: null,
  };
}

/** Calculates the contribution of an order to its user's record. A completely refunded order contributes nothing. */
export function worthOf(order: SegmentOrder): { orders: number; net_minor: number } {
  const { paid, refunds } = order;
  if (!paid) return { orders: 0, net_minor: 0 };
  // A refund in another currency does not reduce this payment: PulseCart has no exchange rates.
  const refunded = Object.values(refunds)
    .filter(({ currency }) => currency === paid.currency)
    .reduce((sum, { amount_minor }) => sum + amount_minor, 0);
  if (refunded > 0 && refunded >= paid.amount_minor) return { orders: 0, net_minor: 0 };
  return { orders: 1, net_minor: paid.amount_minor - refunded };
}

/** Updates the record after a change of one of its orders. */
export function countOrder(record: SegmentRecord, before: SegmentOrder, after: SegmentOrder): SegmentRecord {
  const currency = after.paid?.currency;
  if (currency === undefined) return record;
  const [worthBefore, worthAfter] = [worthOf(before), worthOf(after)];
  const net = (record.net_minor[currency] ?? 0) + worthAfter.net_minor - worthBefore.net_minor;
  return {
    ...record,
    orders: record.orders + worthAfter.orders - worthBefore.orders,
    net_minor: { ...record.net_minor, [currency]: net },
  };
}

/** Updates the record after a payment that was received at this time. */
export function paidAt(record: SegmentRecord, atMs: number): SegmentRecord {
  return { ...record, last_paid_at_ms: Math.max(atMs, record.last_paid_at_ms ?? atMs) };
}

export interface SegmentTerms {
  nowMs: number;
  /** VIP_SPENT in minor units of the shop's own currency. */
  vipSpent: { amount_minor: number; currency: string };
}

/** Derives the segment at a time, and the time when the segment lapses. */
export function segmentNow(record: SegmentRecord, { nowMs, vipSpent }: SegmentTerms): SegmentRecord {
  const { last_paid_at_ms: last, orders, net_minor } = record;
  if (last === null) return { ...record, segment: "new", lapses_at_ms: null };
  const lapsesAtMs = last + LAPSED_AFTER_MS;
  if (nowMs >= lapsesAtMs) return { ...record, segment: "lapsed", lapses_at_ms: null };
  const isVip = orders >= VIP_ORDERS || (net_minor[vipSpent.currency] ?? 0) >= vipSpent.amount_minor;
  const segment = orders === 0 ? "new" : isVip ? "vip" : "active";
  return { ...record, segment, lapses_at_ms: lapsesAtMs };
}
