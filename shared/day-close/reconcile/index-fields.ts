import type { EventType } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";

/** What the books of orders and contacts follow from: some hundredth of all events. */
const RECONCILED = [
  "order.placed",
  "order.paid",
  "order.cancelled",
  "refund.issued",
  "user.signed_up",
  "user.banned",
  "user.segment_changed",
] as const satisfies readonly EventType[];

export type ReconciledEvent = PulseCartEvent<(typeof RECONCILED)[number]>;

export function isReconciled(event: PulseCartEvent): event is ReconciledEvent {
  return RECONCILED.some(type => type === event.event_type);
}

/** What lets the night find all that was ever heard of an order or a user; nothing for what it does not book. */
export function reconcileIndexFields(event: PulseCartEvent): Pick<ArchivedEvent, "order_id" | "user_id"> {
  if (!isReconciled(event)) return {};
  const { order_id, user_id } = event;
  return { ...(order_id !== undefined && { order_id }), ...(user_id !== undefined && { user_id }) };
}
