import { catalogue } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { isPublished } from "../../events/envelope.ts";
import { validate } from "../../events/validate.ts";
import type { Timestamp } from "../../google/firestore.ts";
import { collection } from "../../google/firestore.ts";
import { hashOf } from "../../values/ids.ts";

/** The archive: every accepted event, once. */
export interface ArchivedEvent {
  event_type: string;
  event_id: string;
  producer: string;
  subject: string;
  correlation_id: string;
  /** The UTC day PulseCart heard of it, as YYYY-MM-DD. */
  day: string;
  fingerprint: string;
  /** The event as JSON: its payload may hold keys and depths that Firestore's own maps cannot. */
  event: string;
  /** Only views and searches, which the roll-up adds up, have these two: whose user's share it is, 0 to 15, ... */
  browse_shard?: number;
  /** ... and when Firestore handled the commit that archived it. */
  archived_at?: Timestamp;
  /** Only what orders and contacts are re-derived from has these two, where the event names them. */
  order_id?: string;
  user_id?: string;
}

export const archivedEvents = collection<ArchivedEvent>("events");

/** An event id is unique per producer; hashed, because ids that grow with time slow Firestore down. */
export function archiveId({ producer, event_id }: Pick<PulseCartEvent, "producer" | "event_id">): string {
  return hashOf(producer, event_id);
}

/**
 * The event in today's shape; undefined where it cannot be read. What was archived was checked then: only what an
 * older version archived is checked again.
 */
export function archivedIn(json: string): PulseCartEvent | undefined {
  try {
    const event: PulseCartEvent = JSON.parse(json);
    if (event.schema_version === catalogue.get(event.event_type)?.version) return event;
    const checked = validate(event);
    return checked.ok && isPublished(checked.event) ? checked.event : undefined;
  } catch {
    // One that cannot be read must not keep those behind it from being counted.
    return undefined;
  }
}
