/** Contradictions between the facts of an order. They change no sum; the day close names them. */
import type { FactTime, OrderFacts } from "./facts.ts";
import { foldOrder } from "./fold.ts";
import { conflictingPayments } from "./payments.ts";

/** A contradiction between the facts of an order. */
export interface OrderConflict {
  kind: "payment-currency" | "refunded-more-than-paid" | "placed-twice";
  /** The event that states the contradiction. Absent: several events together. */
  event_id?: string;
  payment_id?: string;
  currency?: string;
  /** The amount that does not count, or that went back too much, in minor units. */
  amount_minor?: number;
}

/** Lists the contradictions between the facts of an order. */
export function conflictsOf(order: OrderFacts & { other_reports: readonly FactTime[] }): OrderConflict[] {
  const { own, others } = foldOrder(order);
  const excess = [own, ...others].filter(({ paid_minor, refunded_minor }) => refunded_minor > paid_minor);
  return [
    ...conflictingPayments(order).map(
      ({ payment_id, amount_minor, currency, reported: { event_id } }): OrderConflict => ({
        kind: "payment-currency",
        event_id,
        payment_id,
        currency,
        amount_minor,
      }),
    ),
    ...excess.map(
      ({ currency, refunded_minor, paid_minor }): OrderConflict => ({
        kind: "refunded-more-than-paid",
        currency,
        amount_minor: refunded_minor - paid_minor,
      }),
    ),
    ...order.other_reports.map(({ event_id }): OrderConflict => ({ kind: "placed-twice", event_id })),
  ];
}
