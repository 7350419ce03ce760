import type { EventType } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";

/** What the books of orders and contacts follow from: some hundredth of all events. */
const BOOKED = [
  "order.placed",
  "order.paid",
  "order.cancelled",
  "refund.issued",
  "user.signed_up",
  "user.banned",
  "user.segment_changed",
] as const satisfies readonly EventType[];

export type BookedEvent = PulseCartEvent<(typeof BOOKED)[number]>;

export function isBooked(event: PulseCartEvent): event is BookedEvent {
  return BOOKED.some(type => type === event.event_type);
}

/** What lets the night find all that was ever heard of an order or a user; nothing for what it does not book. */
export function bookMark(event: PulseCartEvent): Pick<ArchivedEvent, "order_id" | "user_id"> {
  if (!isBooked(event)) return {};
  const { order_id, user_id } = event;
  return { ...(order_id !== undefined && { order_id }), ...(user_id !== undefined && { user_id }) };
}
