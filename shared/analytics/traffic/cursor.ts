import type { Query, Timestamp, WriteBatch } from "../../google/firestore.ts";
import { collection, documentRef, firestore } from "../../google/firestore.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedEvents, archivedIn } from "../../pipeline/records/archived-event.ts";
import type { BrowseFact } from "../../rules/counting/browse-sums.ts";
import { BROWSE_GROUPS, BROWSE_SHARDS, isBrowseEvent } from "./index-fields.ts";

/**
 * How far the archive's views and searches are counted, and how they are read on from there.
 *
 * Each has the time at which Firestore handled its commit. A group is read in the order of these times (then of the
 * ids), and what a page adds up to is committed together with the place of its last event, if the cursor is still the
 * one the page began at. So nothing is counted twice, whoever runs at the same moment and wherever one is killed.
 * Nothing is passed over either, because a page ends MARGIN_MS ago: nothing can be archived at a time that long ago
 * any more. When PulseCart heard of an event, and what the clocks of functions say, plays no part.
 */
export interface BrowseCursor {
  /** The last one that is counted. */
  at: Timestamp;
  id: string;
}

/** A group's cursor as it was read. */
export interface ReadCursor {
  group: number;
  /** Undefined while nothing is counted. */
  place: BrowseCursor | undefined;
  /** What tells it from every later one. */
  writtenAt: Timestamp | undefined;
}

/** Up to where every group is counted. The groups' own cursors decide; this says where there may be more. */
export interface BrowseProgress {
  counted_through: Timestamp;
}

/**
 * Firestore ends a transaction after 270 s (https://cloud.google.com/firestore/quotas), and a commit is shorter: what
 * is to be archived with a time before this is archived, or never will be.
 */
export const MARGIN_MS = 5 * 60_000;

const cursors = collection<BrowseCursor>("browse_cursors");
const progress = collection<BrowseProgress>("browse_progress");
const PROGRESS_ID = "all";

export interface BrowsePage {
  /** It begins behind it. */
  from: ReadCursor;
  /** Its last event. */
  to: BrowseCursor;
  facts: BrowseFact[];
}

/** Up to when the flood may be counted now, by Firestore's own clock, and up to when it is counted. */
export async function readProgress(): Promise<{
  untilMs: number;
  countedThrough: Timestamp | undefined;
}> {
  const snapshot = await documentRef(progress, PROGRESS_ID).get();
  const found = snapshot.data() as BrowseProgress | undefined;
  return { untilMs: snapshot.readTime.toMillis() - MARGIN_MS, countedThrough: found?.counted_through };
}

/** To be called when every group was read to its end at this time. Two at once may take it back: no harm is done. */
export async function noteProgress(until: Timestamp): Promise<void> {
  await documentRef(progress, PROGRESS_ID).set({ counted_through: until });
}

/** Whether any group has something between the two times. */
export async function isAnyLeft(from: Timestamp | undefined, until: Timestamp): Promise<boolean> {
  const all = browseUntil(until, SHARDS);
  const left = from ? all.where("archived_at", ">", from) : all;
  return !(await left.select().limit(1).get()).empty;
}

/** Where a group is counted up to. */
export async function readCursor(group: number): Promise<ReadCursor> {
  const snapshot = await documentRef(cursors, String(group)).get();
  return {
    group,
    place: snapshot.data() as BrowseCursor | undefined,
    writtenAt: snapshot.updateTime,
  };
}

/** Moves a cursor on. The batch fails, and with it all that is in it, if somebody else has moved it. */
export function moveCursor({ group, writtenAt }: ReadCursor, to: BrowseCursor, batch: WriteBatch): void {
  const ref = documentRef(cursors, String(group));
  if (writtenAt) batch.update(ref, { ...to }, { lastUpdateTime: writtenAt });
  else batch.create(ref, to);
}

/** The next events of a group; undefined where there are none up to that time. */
export async function readPage(
  from: ReadCursor,
  { until, size }: { until: Timestamp; size: number },
): Promise<BrowsePage | undefined> {
  const query = browseUntil(
    until,
    SHARDS.filter(shard => shard % BROWSE_GROUPS === from.group),
  )
    .orderBy("__name__")
    .select("event_type", "day", "event", "archived_at")
    .limit(size);
  const { docs } = await (from.place ? query.startAfter(from.place.at, from.place.id) : query).get();
  const last = docs.at(-1);
  if (!last) return undefined;
  const to = { at: last.get("archived_at") as Timestamp, id: last.id };
  return { from, to, facts: docs.map(document => factIn(document.data() as ArchivedEvent)) };
}

const SHARDS = Array.from({ length: BROWSE_SHARDS }, (_, shard) => shard);

/** It needs an index over shard and time; none over the time alone. */
function browseUntil(until: Timestamp, shards: readonly number[]): Query {
  return firestore()
    .collection(archivedEvents.name)
    .where("browse_shard", "in", shards)
    .where("archived_at", "<=", until)
    .orderBy("archived_at");
}

function factIn({ event_type, day, event }: ArchivedEvent): BrowseFact {
  const read = archivedIn(event);
  return { event_type, day, event: read && isBrowseEvent(read) ? read : undefined };
}
