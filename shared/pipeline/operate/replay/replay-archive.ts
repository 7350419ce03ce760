import type { Query } from "../../../google/firestore.ts";
import { documentRef, firestore } from "../../../google/firestore.ts";
import { DAY_MS } from "../../../values/durations.ts";
import type { ArchivedEvent } from "../../records/archived-event.ts";
import { archivedEvents } from "../../records/archived-event.ts";
import { receivedAt } from "./replay.ts";

/** The archived events of a replay. */
export interface ArchiveSelection {
  types: readonly string[];
  /** Absent: every subject. */
  subject?: string;
  /** First time of receipt, in milliseconds. */
  fromMs: number;
  /** Time of receipt that ends the selection, exclusive, in milliseconds. */
  toMs: number;
}

/** A place in the archive. The next read begins after it. */
export interface ArchiveCursor {
  received_at_ms: number;
  id: string;
}

export type Archived = ArchivedEvent & { place: ArchiveCursor };

/** Places per query page. */
const PLACES_PER_PAGE = 300;
/** Documents per read. */
const EVENTS_PER_READ = 100;

/** Max events of one day. Memory holds their places only, some 100 bytes each. */
const MAX_IN_A_DAY = 2_000_000;

/** Max values of an `in` filter (https://cloud.google.com/firestore/quotas). */
const MAX_VALUES = 30;

/**
 * Reads archived events in the order of their receipt, in pages. An index on the time of receipt would slow the archive
 * down. So each day's places are read and sorted first, then its events.
 * @throws Error when a day holds more than two million selected events
 */
export async function* archivedInOrder(
  selection: ArchiveSelection,
  after?: ArchiveCursor,
): AsyncGenerator<Archived[]> {
  let day = await dayFrom(Math.max(selection.fromMs, after?.received_at_ms ?? 0));
  while (day !== undefined && Date.parse(day) < selection.toMs) {
    const places = await placesOf(day, selection);
    const wanted = places.filter(place => !after || comparePlaces(place, after) > 0).sort(comparePlaces);
    for (let at = 0; at < wanted.length; at += EVENTS_PER_READ) {
      yield await readAll(wanted.slice(at, at + EVENTS_PER_READ));
    }
    day = await dayFrom(Date.parse(day) + DAY_MS);
  }
}

function comparePlaces(left: ArchiveCursor, right: ArchiveCursor): number {
  return left.received_at_ms - right.received_at_ms || (left.id < right.id ? -1 : Number(left.id > right.id));
}

/** Returns the first day with events, from a moment's own day on; undefined when there is none. */
async function dayFrom(ms: number): Promise<string | undefined> {
  const from = new Date(ms).toISOString().slice(0, 10);
  const days = firestore()
    .collection(archivedEvents.name)
    .where("day", ">=", from)
    .orderBy("day")
    .select("day");
  const { docs } = await days.limit(1).get();
  return docs[0] && String(docs[0].get("day"));
}

async function placesOf(day: string, selection: ArchiveSelection): Promise<ArchiveCursor[]> {
  const query = eventsOf(day, selection)
    .select("event_type", "event")
    .orderBy("__name__")
    .limit(PLACES_PER_PAGE);
  const places: ArchiveCursor[] = [];
  let page = await query.get();
  while (page.size > 0) {
    for (const document of page.docs) {
      const archived = document.data() as ArchivedEvent;
      const place = { received_at_ms: Date.parse(receivedAt(archived)), id: document.id };
      const isIn = place.received_at_ms >= selection.fromMs && place.received_at_ms < selection.toMs;
      if (isIn && selection.types.includes(archived.event_type)) places.push(place);
    }
    if (places.length > MAX_IN_A_DAY)
      throw new Error(
        `selection of ${day} is too large: expected at most ${MAX_IN_A_DAY} events, select fewer types`,
      );
    const last = page.docs.at(-1);
    if (page.size < PLACES_PER_PAGE || !last) break;
    page = await query.startAfter(last.id).get();
  }
  return places;
}

function eventsOf(day: string, { types, subject }: ArchiveSelection): Query {
  const ofDay = firestore().collection(archivedEvents.name).where("day", "==", day);
  const ofTypes = types.length <= MAX_VALUES ? ofDay.where("event_type", "in", types) : ofDay;
  return subject === undefined ? ofTypes : ofTypes.where("subject", "==", subject);
}

async function readAll(places: readonly ArchiveCursor[]): Promise<Archived[]> {
  const documents = await firestore().getAll(...places.map(({ id }) => documentRef(archivedEvents, id)));
  return documents.flatMap((document, index) => {
    const place = places[index];
    const archived = document.data() as ArchivedEvent | undefined;
    return archived && place ? [{ ...archived, place }] : [];
  });
}
