/**
 * The parcel of an order. What was heard about the order is kept, so whatever arrives first, the same parcel is sent
 * or stopped; one that has left cannot be stopped.
 */
import type { OrderState } from "./order-state.ts";

export type ShipmentState = "waiting" | "requested" | "stopped" | "left";

/** The document `shipments/{order_id}`. */
export interface Shipment {
  order_id: string;
  /** Derived from what was heard. */
  state: ShipmentState;
  /** None until the order is paid; of reports that differ, each. */
  payments: Money[];
  refunds: ({ refund_id: string } & Money)[];
  cancelled: boolean;
  left_at_ms: number | null;
}

interface Money {
  amount_minor: number;
  currency: string;
}

export type ShippingFact =
  | ({ kind: "paid" } & Money)
  | ({ kind: "refunded"; refund_id: string } & Money)
  | { kind: "cancelled" };

/** As many as are kept of an order. */
const MAX_PAYMENTS = 10;

/** A hundred refunds are more than an order can have here; of those that others report no more are kept. */
const MAX_REFUNDS = 100;

export function noShipment(orderId: string): Shipment {
  return {
    order_id: orderId,
    state: "waiting",
    payments: [],
    refunds: [],
    cancelled: false,
    left_at_ms: null,
  };
}

/** The shipment after a fact; the very object that was passed in when the fact is no news. */
export function applyToShipment(shipment: Shipment, fact: ShippingFact): Shipment {
  const heard = hear(shipment, fact);
  return heard === shipment ? shipment : { ...heard, state: stateOf(heard) };
}

/** How the parcel stands once the order is looked at, too: only there it is known whether enough was paid. */
export function standingOf({ state }: Shipment, order: OrderState): ShipmentState {
  if (state !== "requested" || order === "paid") return state;
  return order === "placed" ? "waiting" : "stopped";
}

/** Whether the parcel is gone: then no cancellation brings its goods back. */
export function hasLeft(shipment: Shipment | undefined): boolean {
  return shipment?.state === "left";
}

/** The parcel leaves the house. @returns why it cannot, where it cannot */
export function dispatchShipment(
  shipment: Shipment,
  nowMs: number,
): { ok: true; shipment: Shipment } | { ok: false; reason: string } {
  if (shipment.state !== "requested") return { ok: false, reason: NOT_TO_LEAVE[shipment.state] };
  return { ok: true, shipment: { ...shipment, left_at_ms: nowMs, state: "left" } };
}

const NOT_TO_LEAVE = {
  waiting: "The order is not paid yet.",
  stopped: "The shipment was stopped: the order was cancelled or its money went back.",
  left: "The shipment has left already.",
} as const;

function hear(shipment: Shipment, fact: ShippingFact): Shipment {
  if (fact.kind === "cancelled") return shipment.cancelled ? shipment : { ...shipment, cancelled: true };
  const { amount_minor, currency } = fact;
  if (fact.kind === "paid") {
    const { payments } = shipment;
    const isHeard = payments.some(
      other => other.amount_minor === amount_minor && other.currency === currency,
    );
    if (isHeard || payments.length >= MAX_PAYMENTS) return shipment;
    return { ...shipment, payments: [...payments, { amount_minor, currency }] };
  }
  const { refund_id } = fact;
  const isKnown = shipment.refunds.some(refund => refund.refund_id === refund_id);
  if (isKnown || shipment.refunds.length >= MAX_REFUNDS) return shipment;
  return { ...shipment, refunds: [...shipment.refunds, { refund_id, amount_minor, currency }] };
}

function stateOf({ left_at_ms, cancelled, payments, refunds }: Shipment): ShipmentState {
  if (left_at_ms !== null) return "left";
  if (cancelled) return "stopped";
  if (payments.length === 0) return "waiting";
  const isBack = ({ amount_minor, currency }: Money) => {
    const same = refunds.filter(refund => refund.currency === currency);
    return same.length > 0 && same.reduce((sum, refund) => sum + refund.amount_minor, 0) >= amount_minor;
  };
  return payments.every(isBack) ? "stopped" : "requested";
}
