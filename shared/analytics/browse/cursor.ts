import type { Query, Timestamp, WriteBatch } from "../../google/firestore.ts";
import { collection, documentRef, firestore } from "../../google/firestore.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedEvents, archivedIn } from "../../pipeline/records/archived-event.ts";
import type { BrowseFact } from "../../rules/counting/browse-sums.ts";
import { MINUTE_MS } from "../../values/durations.ts";
import { BROWSE_GROUPS, BROWSE_SHARDS, isBrowseEvent } from "./index-fields.ts";

/**
 * Position up to which one group's archived views and searches are counted.
 *
 * Every browse event has the time at which Firestore handled its commit. A group is read in the order of these times,
 * then of the ids. One commit holds the sums of a page and the new cursor. The commit fails when the cursor has moved
 * since the read. No event is counted twice, even when runs overlap or a process is killed. No event is missed either:
 * a page ends ARCHIVE_MARGIN_MS ago, and no event is archived with an older time. The event's `received_at` and the
 * clocks of functions play no part.
 */
export interface BrowseCursor {
  /** The archive time of the last counted event. */
  at: Timestamp;
  id: string;
}

/** A group's cursor as it was read. */
export interface ReadCursor {
  group: number;
  /** Undefined before the first counted event. */
  place: BrowseCursor | undefined;
  /** Firestore's update time, which tells this cursor from every later one. */
  writtenAt: Timestamp | undefined;
}

/** Time up to which every group is counted. The groups' cursors decide; this time limits the search for more. */
export interface BrowseProgress {
  counted_through: Timestamp;
}

/**
 * Age from which archive times are final: no event is archived with an older time. Firestore ends a transaction after
 * 270 s (https://cloud.google.com/firestore/quotas), and a commit is shorter.
 */
export const ARCHIVE_MARGIN_MS = 5 * MINUTE_MS;

const cursors = collection<BrowseCursor>("browse_cursors");
const progress = collection<BrowseProgress>("browse_progress");
const PROGRESS_ID = "all";

export interface BrowsePage {
  /** The cursor before the page. */
  from: ReadCursor;
  /** The position of the page's last event. */
  to: BrowseCursor;
  facts: BrowseFact[];
}

/** Reads two times by Firestore's clock: up to which browse events may be counted, and up to which they are. */
export async function readProgress(): Promise<{
  untilMs: number;
  countedThrough: Timestamp | undefined;
}> {
  const snapshot = await documentRef(progress, PROGRESS_ID).get();
  const found = snapshot.data() as BrowseProgress | undefined;
  return {
    untilMs: snapshot.readTime.toMillis() - ARCHIVE_MARGIN_MS,
    countedThrough: found?.counted_through,
  };
}

/** Stores that every group is counted up to a time. An older value of an overlapping run does no harm. */
export async function noteProgress(until: Timestamp): Promise<void> {
  await documentRef(progress, PROGRESS_ID).set({ counted_through: until });
}

/** Tells whether any group has an event between two archive times. */
export async function isAnyLeft(from: Timestamp | undefined, until: Timestamp): Promise<boolean> {
  const all = browseUntil(until, SHARDS);
  const left = from ? all.where("archived_at", ">", from) : all;
  return !(await left.select().limit(1).get()).empty;
}

/** Reads the cursor of a group. */
export async function readCursor(group: number): Promise<ReadCursor> {
  const snapshot = await documentRef(cursors, String(group)).get();
  return {
    group,
    place: snapshot.data() as BrowseCursor | undefined,
    writtenAt: snapshot.updateTime,
  };
}

/** Moves a cursor. The whole batch fails when another run has moved the cursor since the read. */
export function moveCursor({ group, writtenAt }: ReadCursor, to: BrowseCursor, batch: WriteBatch): void {
  const ref = documentRef(cursors, String(group));
  if (writtenAt) batch.update(ref, { ...to }, { lastUpdateTime: writtenAt });
  else batch.create(ref, to);
}

/**
 * Reads the next events of a group.
 * @returns undefined when the group has no more events up to that time
 */
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

/** Builds the query for events up to a time. The query needs an index over shard and time, none over time alone. */
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
