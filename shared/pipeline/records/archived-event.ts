import { catalogue } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { isPublished } from "../../events/envelope.ts";
import { validate } from "../../events/validate.ts";
import type { Timestamp } from "../../google/firestore.ts";
import { collection } from "../../google/firestore.ts";
import { hashOf } from "../../values/ids.ts";

/** One accepted event in the archive (event store). */
export interface ArchivedEvent {
  event_type: string;
  event_id: string;
  producer: string;
  subject: string;
  correlation_id: string;
  /** UTC day on which PulseCart received the event, as YYYY-MM-DD. */
  day: string;
  fingerprint: string;
  /** The event as JSON: its payload may have keys and depths that Firestore's maps do not allow. */
  event: string;
  /** True when the timestamp lies before 2000 or more than a day after the receipt; `received_at` counts instead. */
  is_time_implausible?: true;
  /** Shard of the user, 0 to 15. Present for browse events only: the roll-up reads them by it. */
  browse_shard?: number;
  /** Firestore's commit time. Present for browse events only. */
  archived_at?: Timestamp;
  /** Order that the event names. Present for types from which the day close re-derives orders and contacts. */
  order_id?: string;
  /** User that the event names. Present for the same types. */
  user_id?: string;
  /** Product that the event names. Present for reviews. */
  product_id?: string;
  /** Cart that the event changes. Present for adds and removes. */
  cart_id?: string;
  /** Hash of the e-mail address in the payload. Absent: no address, or an erased one. */
  email_hash?: string;
}

export const archivedEvents = collection<ArchivedEvent>("events");

/** Returns the document id of an event: event ids are unique per producer. Hashed, as ledger ids are. */
export function archiveId({ producer, event_id }: Pick<PulseCartEvent, "producer" | "event_id">): string {
  return hashOf(producer, event_id);
}

/**
 * Reads an archived event in its current shape. The event was validated when it was archived, so only events of an older
 * schema version are validated again.
 * @returns undefined when the event is unreadable
 */
export function archivedIn(json: string): PulseCartEvent | undefined {
  try {
    const event: PulseCartEvent = JSON.parse(json);
    if (event.schema_version === catalogue.get(event.event_type)?.version) return event;
    const checked = validate(event);
    return checked.ok && isPublished(checked.event) ? checked.event : undefined;
  } catch {
    // An unreadable event must not keep the events behind it from being counted.
    return undefined;
  }
}
