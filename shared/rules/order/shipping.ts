/**
 * The shipment of an order. The shipment keeps the facts about its order, so the order of arrival plays no part. A
 * parcel that has left cannot be stopped.
 */
import type { OrderState } from "./order-state.ts";

export type ShipmentState = "waiting" | "requested" | "stopped" | "left";

/** The document `shipments/{order_id}`. */
export interface Shipment {
  order_id: string;
  /** Derived from the other fields. */
  state: ShipmentState;
  /** Reported payments that differ. Empty until the order is paid. */
  payments: Money[];
  refunds: ({ refund_id: string } & Money)[];
  cancelled: boolean;
  /** Null: the parcel has not left. */
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

/** Max different payments kept with a shipment, as many as an order keeps. */
const MAX_PAYMENTS_OF_SHIPMENT = 10;

/** Max refunds kept with a shipment, as many as our own checkout allows. Further reports are ignored. */
const MAX_REFUNDS_OF_SHIPMENT = 100;

/** Creates the shipment to start from when no document is stored. */
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

/**
 * Applies a fact to a shipment.
 * @returns the object that was passed in when the fact is known
 */
export function applyToShipment(shipment: Shipment, fact: ShippingFact): Shipment {
  const recorded = recordFact(shipment, fact);
  return recorded === shipment ? shipment : { ...recorded, state: recordedState(recorded) };
}

/** Combines the shipment with its order's state: only the order tells whether the payment covers the total. */
export function shipmentStatus({ state }: Shipment, order: OrderState): ShipmentState {
  if (state !== "requested" || order === "paid") return state;
  return order === "placed" ? "waiting" : "stopped";
}

/** Tells whether the parcel has left. A cancellation does not bring the goods of such a parcel back. */
export function hasLeft(shipment: Shipment | undefined): boolean {
  return shipment?.state === "left";
}

/**
 * Marks the shipment as dispatched.
 * @returns the shipment, or the reason why the parcel must not leave
 */
export function dispatchShipment(
  shipment: Shipment,
  nowMs: number,
): { ok: true; shipment: Shipment } | { ok: false; reason: string } {
  if (shipment.state !== "requested") return { ok: false, reason: REFUSAL_REASONS[shipment.state] };
  return { ok: true, shipment: { ...shipment, left_at_ms: nowMs, state: "left" } };
}

const REFUSAL_REASONS = {
  waiting: "The order is not paid yet.",
  stopped: "The shipment was stopped: the order was cancelled or refunded.",
  left: "The shipment has left already.",
} as const;

function recordFact(shipment: Shipment, fact: ShippingFact): Shipment {
  if (fact.kind === "cancelled") return shipment.cancelled ? shipment : { ...shipment, cancelled: true };
  const { amount_minor, currency } = fact;
  if (fact.kind === "paid") {
    const { payments } = shipment;
    const isKnown = payments.some(
      other => other.amount_minor === amount_minor && other.currency === currency,
    );
    if (isKnown || payments.length >= MAX_PAYMENTS_OF_SHIPMENT) return shipment;
    return { ...shipment, payments: [...payments, { amount_minor, currency }] };
  }
  const { refund_id } = fact;
  const isKnown = shipment.refunds.some(refund => refund.refund_id === refund_id);
  if (isKnown || shipment.refunds.length >= MAX_REFUNDS_OF_SHIPMENT) return shipment;
  return { ...shipment, refunds: [...shipment.refunds, { refund_id, amount_minor, currency }] };
}

function recordedState({ left_at_ms, cancelled, payments, refunds }: Shipment): ShipmentState {
  if (left_at_ms !== null) return "left";
  if (cancelled) return "stopped";
  if (payments.length === 0) return "waiting";
  const isRefunded = ({ amount_minor, currency }: Money) => {
    const same = refunds.filter(refund => refund.currency === currency);
    return same.length > 0 && same.reduce((sum, refund) => sum + refund.amount_minor, 0) >= amount_minor;
  };
  return payments.every(isRefunded) ? "stopped" : "requested";
}
