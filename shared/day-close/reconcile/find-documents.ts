import {
  carts,
  contactOrders,
  contacts,
  orders,
  segmentOrders,
  segments,
  shipments,
  stockMoves,
} from "../../collections.ts";
import type { Collection } from "../../google/firestore.ts";
import { collection, timestamp } from "../../google/firestore.ts";
import { hashOf } from "../../values/ids.ts";
import type { DayCloseSubject } from "../closing/day-closing.ts";
import { CLOSING_KEPT_MS, dayCloseSubjects } from "../closing/day-closing.ts";
import type { PageStep } from "../closing/page-step.ts";
import { idsAfter } from "../closing/pages.ts";

/** The place where the next closing continues in a collection. */
interface DocumentCursor {
  after: string;
}

const dayCloseCursors = collection<DocumentCursor>("day_close_cursors");

/** The collections whose documents events determine, and what the id of a document names. */
const SOURCES: readonly { from: Collection<unknown>; of: DayCloseSubject["of"] }[] = [
  { from: orders, of: "order" },
  { from: shipments, of: "order" },
  { from: stockMoves, of: "order" },
  { from: contactOrders, of: "order" },
  { from: segmentOrders, of: "order" },
  { from: contacts, of: "user" },
  { from: segments, of: "user" },
  { from: carts, of: "cart" },
];

/** Documents per page. Each one may become a subject, which is written. */
const DOCUMENTS_PER_PAGE = 200;

/**
 * Max pages of one collection per closing: 4,000 documents. A small shop is read whole by each closing. In a large shop
 * each document has its turn after some days. Documents that the day's events name are compared by each closing.
 */
const MAX_PAGES = 20;

/** Start of a page: the collection, the number of its page, and the last id. */
type DocumentPlace = [source: number, page: number, after: string];

/**
 * Makes stored documents the subjects of the closing. A document that no event explains is found by that. Each closing continues where the one before stopped.
 */
export const findDocuments: PageStep = async ({ day, run, after }, work) => {
  if (run > 1) return { next: undefined };
  const [index, page, last]: DocumentPlace = after === "" ? [0, 0, ""] : JSON.parse(after);
  const source = SOURCES[index];
  if (!source) return { next: undefined };
  const { from, of } = source;
  const start = page > 0 ? last : ((await work.get(dayCloseCursors, from.name))?.after ?? "");
  const { ids, next } = await idsAfter(from, start, DOCUMENTS_PER_PAGE);
  const expires_at = timestamp(work.nowMs + CLOSING_KEPT_MS);
  for (const id of ids) work.set(dayCloseSubjects, hashOf(day, of, id), { day, of, id, expires_at });
  const isOver = next === undefined || page + 1 >= MAX_PAGES;
  if (isOver) work.set(dayCloseCursors, from.name, { after: next ?? "" });
  const place: DocumentPlace = isOver ? [index + 1, 0, ""] : [index, page + 1, next];
  return { next: JSON.stringify(place) };
};
