import type { EventType } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";

/** The event types that orders and contacts are derived from: about one in fifty events. */
const RECONCILED = [
  "order.balance_changed",
  "order.placed",
  "order.paid",
  "order.cancelled",
  "refund.issued",
  "order.balance_changed",
  "order.dispatched",
  "order.delivered",
  "user.signed_up",
  "user.banned",
  "user.segment_changed",
] as const satisfies readonly EventType[];

export type ReconciledType = (typeof RECONCILED)[number];
export type ReconciledEvent<T extends ReconciledType = ReconciledType> = PulseCartEvent<T>;

export function isReconciled(event: PulseCartEvent): event is ReconciledEvent {
  return RECONCILED.some(type => type === event.event_type);
}

/** Returns the fields by which the day close finds events of an order, a user or a reviewed product. */
export function reconcileIndexFields(
  event: PulseCartEvent,
): Pick<ArchivedEvent, "order_id" | "user_id" | "product_id"> {
  if (event.event_type === "product.reviewed") return { product_id: productOf(event) };
  if (!isReconciled(event)) return {};
  const { order_id, user_id } = event;
  return { order_id, user_id };
}

function productOf(event: PulseCartEvent): string {
  return (event as PulseCartEvent<"product.reviewed">).payload.product_id;
}
