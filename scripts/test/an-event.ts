import type { EventType, PayloadOf } from "../../shared/events/catalogue.ts";
import { definitionOf } from "../../shared/events/catalogue.ts";

/** Fields of an event that differ from its type's example. */
export type EventFields<T extends EventType> = { payload?: Partial<PayloadOf<T>> } & Record<string, unknown>;

/** An event as a producer sends it. */
export type SentEvent<T extends EventType> = { event_type: T; payload: object } & Record<string, unknown>;

/**
 * Builds an event as a producer sends it, from the catalogue's example of its type. `event_id` and `timestamp` of the
 * example are left out, so that two events never count as one.
 * @example anEvent("order.placed", { user_id: "usr_1", order_id: "ord_1", payload: { total: 20 } })
 */
export function anEvent<T extends EventType>(type: T, fields: EventFields<T> = {}): SentEvent<T> {
  const { event_id: _id, timestamp: _time, ...example } = definitionOf(type).example as SentEvent<T>;
  return { ...example, ...fields, payload: { ...example.payload, ...fields.payload } };
}
