import { derivedId } from "../values/ids.ts";
import type { PulseCartEvent } from "./envelope.ts";

/**
 * Returns the id of a fact whose event names none. An event id is unique per producer only, so both make the id.
 * @example const { refund_id = factId("ref", event) } = event.payload;
 */
export function factId(prefix: string, { producer, event_id }: PulseCartEvent): string {
  return derivedId(prefix, producer, event_id);
}
