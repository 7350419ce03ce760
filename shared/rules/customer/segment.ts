import { DAY_MS } from "../../values/durations.ts";
/**
 * How much of a customer somebody is. What is counted are orders and payments, each once; the segment follows from
 * the counts and the time alone, so the order in which events arrive plays no part.
 */

export type Segment = "new" | "active" | "vip" | "lapsed";

// No source fixes these numbers. They are named here, and nowhere else, for whoever knows the shop better.

/** So many orders make a vip, whatever they cost. */
export const VIP_ORDERS = 5;
/** So much kept by the shop makes a vip, in the main unit of the shop's own currency. */
export const VIP_SPENT = 500;
/** A quarter of a year without a payment: long enough that a yearly gift is no reason to call somebody active. */
export const LAPSED_AFTER_MS = 90 * DAY_MS;

/** The document `segments/{user_id}`. */
export interface SegmentRecord {
  user_id: string;
  segment: Segment;
  /** Paid and not wholly refunded. */
  orders: number;
  /** Payments less refunds of these orders, in minor units by currency. */
  net_minor: Record<string, number>;
  /** When the latest payment was heard of, refunded or not. */
  last_paid_at_ms: number | null;
  /** When it lapses by time alone; null: it has lapsed, or there is nothing to lapse. What the nightly looks for. */
  lapses_at_ms: number | null;
}

/** The document `segment_orders/{order_id}`: what was heard of one order. */
export interface SegmentOrder {
  /** Known from its payment. */
  user_id?: string;
  paid?: { amount_minor: number; currency: string };
  /** Each refund by its id. */
  refunds: Record<string, { amount_minor: number; currency: string }>;
}

/**
 * Refunds kept of one order, far more than anybody makes of one: at some 100 bytes each the document stays far below
 * its 1 MiB.
 */
export const MAX_REFUNDS_OF_ORDER = 1_000;

export const NO_ORDER: SegmentOrder = Object.freeze({ refunds: Object.freeze({}) });

/** Somebody nothing was heard of yet. */
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

/** What an order adds to its user. An order is not one any more when all of its money went back. */
export function worthOf(order: SegmentOrder): { orders: number; net_minor: number } {
  const { paid, refunds } = order;
  if (!paid) return { orders: 0, net_minor: 0 };
  // A refund in another currency is none of this payment's: there is no rate here.
  const refunded = Object.values(refunds)
    .filter(({ currency }) => currency === paid.currency)
    .reduce((sum, { amount_minor }) => sum + amount_minor, 0);
  if (refunded > 0 && refunded >= paid.amount_minor) return { orders: 0, net_minor: 0 };
  return { orders: 1, net_minor: paid.amount_minor - refunded };
}

/** The record after one of its orders changed. */
export function countOrder(record: SegmentRecord, before: SegmentOrder, after: SegmentOrder): SegmentRecord {
  const currency = after.paid?.currency;
  if (currency === undefined) return record;
  const [was, is] = [worthOf(before), worthOf(after)];
  const net = (record.net_minor[currency] ?? 0) + is.net_minor - was.net_minor;
  return {
    ...record,
    orders: record.orders + is.orders - was.orders,
    net_minor: { ...record.net_minor, [currency]: net },
  };
}

/** The record after a payment was heard of at this time. */
export function paidAt(record: SegmentRecord, atMs: number): SegmentRecord {
  return { ...record, last_paid_at_ms: Math.max(atMs, record.last_paid_at_ms ?? atMs) };
}

export interface SegmentTerms {
  nowMs: number;
  /** VIP_SPENT in minor units of the shop's own currency. */
  vipSpent: { amount_minor: number; currency: string };
}

/** The record with the segment it belongs into now, and when that ends by itself. */
export function segmentNow(record: SegmentRecord, { nowMs, vipSpent }: SegmentTerms): SegmentRecord {
  const { last_paid_at_ms: last, orders, net_minor } = record;
  if (last === null) return { ...record, segment: "new", lapses_at_ms: null };
  const lapsesAtMs = last + LAPSED_AFTER_MS;
  if (nowMs >= lapsesAtMs) return { ...record, segment: "lapsed", lapses_at_ms: null };
  const isVip = orders >= VIP_ORDERS || (net_minor[vipSpent.currency] ?? 0) >= vipSpent.amount_minor;
  const segment = orders === 0 ? "new" : isVip ? "vip" : "active";
  return { ...record, segment, lapses_at_ms: lapsesAtMs };
}
