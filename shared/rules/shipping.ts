/**
 * The parcel of an order. What was heard about the order is kept, so whatever arrives first, the same parcel is sent
 * or stopped; one that has left cannot be stopped.
 */

export type ShipmentState = "waiting" | "requested" | "stopped" | "left";

/** The document `shipments/{order_id}`. */
export interface Shipment {
  order_id: string;
  /** Derived from what was heard. */
  state: ShipmentState;
  /** Null until the order is paid. */
  paid_minor: number | null;
  refunds: { refund_id: string; amount_minor: number }[];
  cancelled: boolean;
  left_at_ms: number | null;
}

export type ShippingFact =
  | { kind: "paid"; amount_minor: number }
  | { kind: "refunded"; refund_id: string; amount_minor: number }
  | { kind: "cancelled" };

/** A hundred refunds are more than an order can have here; of those that others report no more are kept. */
const MAX_REFUNDS = 100;

export function noShipment(orderId: string): Shipment {
  return {
    order_id: orderId,
    state: "waiting",
    paid_minor: null,
    refunds: [],
    cancelled: false,
    left_at_ms: null,
  };
}

/** The shipment after a fact; the very object that was passed in when the fact is no news. */
export function hearShipping(shipment: Shipment, fact: ShippingFact): Shipment {
  const heard = hear(shipment, fact);
  return heard === shipment ? shipment : { ...heard, state: stateOf(heard) };
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
  if (fact.kind === "paid")
    return shipment.paid_minor === null ? { ...shipment, paid_minor: fact.amount_minor } : shipment;
  const { refund_id, amount_minor } = fact;
  const isKnown = shipment.refunds.some(refund => refund.refund_id === refund_id);
  if (isKnown || shipment.refunds.length >= MAX_REFUNDS) return shipment;
  return { ...shipment, refunds: [...shipment.refunds, { refund_id, amount_minor }] };
}

function stateOf({ left_at_ms, cancelled, paid_minor, refunds }: Shipment): ShipmentState {
  if (left_at_ms !== null) return "left";
  if (cancelled) return "stopped";
  if (paid_minor === null) return "waiting";
  const refundedMinor = refunds.reduce((sum, refund) => sum + refund.amount_minor, 0);
  return refunds.length > 0 && refundedMinor >= paid_minor ? "stopped" : "requested";
}
