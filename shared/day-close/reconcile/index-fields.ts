import type { EventType } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { cartIdOf } from "../../rules/cart/cart-memory.ts";

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

/** Returns the fields by which the day close finds events: an order, a user, a cart or a reviewed product. */
export function reconcileIndexFields(
  event: PulseCartEvent,
): Pick<ArchivedEvent, "order_id" | "user_id" | "product_id" | "cart_id"> {
  if (event.event_type === "product.reviewed") return { product_id: productOf(event) };
  if (event.event_type === "cart.item_added" || event.event_type === "cart.item_removed")
    return { cart_id: cartOf(event as CartEvent) };
  if (!isReconciled(event)) return {};
  const { order_id, user_id } = event;
  return { order_id, user_id };
}

type CartEvent = PulseCartEvent<"cart.item_added" | "cart.item_removed">;

function cartOf({ session_id, payload }: CartEvent): string {
  return cartIdOf({ cart_id: payload.cart_id, session_id });
}

function productOf(event: PulseCartEvent): string {
  return (event as PulseCartEvent<"product.reviewed">).payload.product_id;
}
