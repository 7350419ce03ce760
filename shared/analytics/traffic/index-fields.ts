import type { EventType } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { serverTime } from "../../google/firestore.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { shardOf } from "../../values/ids.ts";

/** Nearly all traffic. No reaction but the archive hears of it: it is added up from there. */
export const BROWSE = ["product.viewed", "search.performed"] as const satisfies readonly EventType[];

export type BrowseEvent = PulseCartEvent<(typeof BROWSE)[number]>;

/**
 * An index over times that grow takes 500 writes a second (https://cloud.google.com/firestore/docs/best-practices);
 * behind a shard it takes that for each. 16 are good for 8,000 a second.
 */
export const BROWSE_SHARDS = 16;

/** The shards are counted in so many groups, each on its own: a group's are the shards with its number as remainder. */
export const BROWSE_GROUPS = 4;

/**
 * What lets the roll-up find an archived event: nothing for what it does not count. A user's events share a shard, and
 * so a group: no two groups ever change the same user's document.
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
