/**
 * The segment of a customer. Orders and payments count once each. The segment follows from the counts and the time
 * alone, so the order of arrival plays no part.
 */
import { DAY_MS } from "../../values/durations.ts";
import type { Worth } from "./order-worth.ts";
import { addNet } from "./order-worth.ts";

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
  /** Payments less refunds of all orders, in minor units by currency. No currency has the amount 0. */
  net_minor: Record<string, number>;
  /** Time when the latest payment was received, refunded or not. Null: no payment. */
  last_paid_at_ms: number | null;
  /** Time when the segment lapses; the day close queries this field. Null: lapsed already, or no payment. */
  lapses_at_ms: number | null;
}

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

/**
 * Applies the change of an order's worth.
 * @param lastPaidAtMs time when the order's latest payment was received; absent: no payment
 */
export function countOrder(
  record: SegmentRecord,
  { paid_orders, net_minor }: Pick<Worth, "paid_orders" | "net_minor">,
  lastPaidAtMs?: number,
): SegmentRecord {
  const times = [record.last_paid_at_ms ?? [], lastPaidAtMs ?? []].flat();
  return {
    ...record,
    orders: record.orders + paid_orders,
    net_minor: addNet(record.net_minor, net_minor),
    last_paid_at_ms: times.length === 0 ? null : Math.max(...times),
  };
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
