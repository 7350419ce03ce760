/**
 * The parcel of an order: its dispatch and its delivery. Our own orders are dispatched by command. Reports about outside
 * orders are facts: they may come in any order and repeatedly, and the order is the same.
 */
import { shipmentOf } from "./balance.ts";
import type { Order } from "./order.ts";
import { withDerived } from "./order.ts";
import type { Refused } from "./payment.ts";
import { refusedFor } from "./payment.ts";

/** The carrier of a parcel, and where the customer can follow the parcel. */
export interface Tracking {
  carrier?: string;
  tracking_number?: string;
  /** An http or https address. */
  tracking_url?: string;
}

export type Dispatched = NonNullable<Order["dispatched"]>;

type ParcelDecision = { kind: "new" } | { kind: "known" } | Refused;

/** Tells whether the parcel has left. Such an order is not cancelled, and only returned units go back to stock. */
export function hasLeft({ dispatched }: Pick<Order, "dispatched">): boolean {
  return dispatched !== undefined;
}

/** Decides about the dispatch of a parcel. The same dispatch again changes nothing. */
export function decideDispatch(order: Order, asked: Tracking): ParcelDecision {
  const { dispatched } = order;
  if (dispatched && trackingText(dispatched) === trackingText(asked)) return { kind: "known" };
  if (order.source === "unconfirmed" && !dispatched) return refusedFor("The order was not placed yet.");
  const shipment = shipmentOf(order);
  return shipment === "requested" ? { kind: "new" } : refusedFor(REFUSAL_REASONS[shipment]);
}

const REFUSAL_REASONS = {
  waiting: "The order is not paid yet.",
  stopped: "The shipment was stopped: the order was cancelled or refunded.",
  left: "The shipment has left already.",
} as const;

/** Decides about the delivery of a parcel. A repeated delivery changes nothing. */
export function decideDelivery(order: Order): ParcelDecision {
  if (order.delivered_at_ms !== undefined) return { kind: "known" };
  return hasLeft(order)
    ? { kind: "new" }
    : refusedFor("The parcel has not left yet. Dispatch the order first.");
}

/**
 * Applies order.dispatched of an outside order. The earliest report with a tracking counts, else the earliest report. A
 * reported cancellation did not stop this parcel, so the order is live.
 * @returns the order that was passed in when the report changes nothing
 */
export function reportDispatched(order: Order, dispatched: Dispatched): Order {
  const known = order.dispatched;
  if (known && compareDispatched(known, dispatched) <= 0) return order;
  return withDerived({ ...order, dispatched });
}

/**
 * Applies order.delivered of an outside order. The earliest report counts. A delivered parcel has left.
 * @returns the order that was passed in when the report changes nothing
 */
export function reportDelivered(order: Order, atMs: number): Order {
  if (order.delivered_at_ms !== undefined && order.delivered_at_ms <= atMs) return order;
  return reportDispatched({ ...order, delivered_at_ms: atMs }, { at_ms: atMs });
}

/** Sorts reports of one dispatch: those with a tracking first, then by time; the text decides between equal times. */
function compareDispatched(a: Dispatched, b: Dispatched): number {
  const [one, other] = [trackingText(a), trackingText(b)];
  const isBare = (text: string) => Number(text === BARE);
  return isBare(one) - isBare(other) || a.at_ms - b.at_ms || (one === other ? 0 : one < other ? -1 : 1);
}

function trackingText({ carrier, tracking_number, tracking_url }: Tracking): string {
  return JSON.stringify([carrier ?? "", tracking_number ?? "", tracking_url ?? ""]);
}

const BARE = trackingText({});
