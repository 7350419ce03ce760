import type { Query } from "../../../google/firestore.ts";
import { documentRef, firestore } from "../../../google/firestore.ts";
import { DAY_MS } from "../../../values/durations.ts";
import type { ArchivedEvent } from "../../records/archived-event.ts";
import { archivedEvents } from "../../records/archived-event.ts";
import { receivedAt } from "./replay.ts";

/** Which archived events somebody asks for. */
export interface ArchiveSelection {
  types: readonly string[];
  subject?: string;
  /** By when PulseCart heard of them: from this moment on, and before that one. */
  fromMs: number;
  toMs: number;
}

/** A place in the archive; what is read next comes after it. */
export interface ArchiveCursor {
  received_at_ms: number;
  id: string;
}

export type Archived = ArchivedEvent & { place: ArchiveCursor };

const PAGE = 300;
const READ_AT_ONCE = 100;

/** Of one day only the places are held in memory: some 100 bytes each. */
const MAX_IN_A_DAY = 2_000_000;

/** Firestore compares with at most so many values at once (https://cloud.google.com/firestore/quotas). */
const MAX_VALUES = 30;

/**
 * Archived events by when PulseCart heard of them, in hundreds at most. An index on that time would slow the archive
 * down, so each day is looked through, put in order, and then read.
 * @throws Error when a day holds more than two million of them
 */
export async function* archivedInOrder(
  selection: ArchiveSelection,
  after?: ArchiveCursor,
): AsyncGenerator<Archived[]> {
  let day = await dayFrom(Math.max(selection.fromMs, after?.received_at_ms ?? 0));
  while (day !== undefined && Date.parse(day) < selection.toMs) {
    const places = await placesOf(day, selection);
    const wanted = places.filter(place => !after || comparePlaces(place, after) > 0).sort(comparePlaces);
    for (let at = 0; at < wanted.length; at += READ_AT_ONCE) {
      yield await readAll(wanted.slice(at, at + READ_AT_ONCE));
    }
    day = await dayFrom(Date.parse(day) + DAY_MS);
  }
}

function comparePlaces(left: ArchiveCursor, right: ArchiveCursor): number {
  return left.received_at_ms - right.received_at_ms || (left.id < right.id ? -1 : Number(left.id > right.id));
}

/** The first day with events, this moment's or a later one. */
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
  const query = eventsOf(day, selection).select("event_type", "event").orderBy("__name__").limit(PAGE);
  const places: ArchiveCursor[] = [];
  let page = await query.get();
  while (page.size > 0) {
    for (const document of page.docs) {
      const archived = document.data() as ArchivedEvent;
      const place = { received_at_ms: Date.parse(receivedAt(archived)), id: document.id };
      const isIn = place.received_at_ms >= selection.fromMs && place.received_at_ms < selection.toMs;
      if (isIn && selection.types.includes(archived.event_type)) places.push(place);
    }
    if (places.length > MAX_IN_A_DAY) throw new Error(`${day} holds too many events: ask for fewer types`);
    const last = page.docs.at(-1);
    if (page.size < PAGE || !last) break;
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
