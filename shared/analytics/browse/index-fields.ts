import type { EventType } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { serverTime } from "../../google/firestore.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { shardOf } from "../../values/ids.ts";

/** The browse events: nearly all traffic. Only the archive receives them, and the roll-up counts them from there. */
export const BROWSE = ["product.viewed", "search.performed"] as const satisfies readonly EventType[];

export type BrowseEvent = PulseCartEvent<(typeof BROWSE)[number]>;

/**
 * Number of shards in the index over archive times. An index over growing times takes 500 writes a second per shard
 * (https://cloud.google.com/firestore/docs/best-practices), so 16 shards take 8,000.
 */
export const BROWSE_SHARDS = 16;

/** Number of groups counted independently. A shard belongs to the group `shard % BROWSE_GROUPS`. */
export const BROWSE_GROUPS = 4;

/**
 * Returns the index fields by which the roll-up finds an archived event; undefined for other events. All events of a
 * user share a shard and so a group: two groups never change one user's document.
 */
export function browseIndexFields(
  event: PulseCartEvent,
): Pick<ArchivedEvent, "browse_shard" | "archived_at"> | undefined {
  if (!isBrowseEvent(event)) return undefined;
  return { browse_shard: shardOf(event.user_id, BROWSE_SHARDS), archived_at: serverTime() };
}

export function isBrowseEvent(event: PulseCartEvent): event is BrowseEvent {
  return BROWSE.some(type => type === event.event_type);
}
