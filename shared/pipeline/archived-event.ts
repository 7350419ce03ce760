import type { PulseCartEvent } from "../events/envelope.ts";
import type { Timestamp } from "../google/firestore.ts";
import { collection } from "../google/firestore.ts";
import { hashOf } from "./ids.ts";

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
  flood_shard?: number;
  /** ... and when Firestore handled the commit that archived it. */
  archived_at?: Timestamp;
}

export const archivedEvents = collection<ArchivedEvent>("events");

/** An event id is unique per producer; hashed, because ids that grow with time slow Firestore down. */
export function archiveId({ producer, event_id }: Pick<PulseCartEvent, "producer" | "event_id">): string {
  return hashOf(producer, event_id);
}
