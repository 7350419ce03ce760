import { orderAddresses, orderErasures, orders } from "../../collections.ts";
import { happenedAt } from "../../events/happened-at.ts";
import type { Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { archivedEvents, archivedIn } from "../../pipeline/records/archived-event.ts";
import type { Work } from "../../pipeline/work.ts";
import { DOCUMENTS_PER_PAGE, eraseEach } from "./erase-found.ts";
import type { EraseOrdersPage } from "./erase-orders-run.ts";
import { erasedOrder } from "./erased-documents.ts";

/**
 * Finds the next orders of an erasure. Writes their tombstones, redacts their documents and deletes their addresses in
 * one unit of work.
 * @returns the position after these orders; undefined when the pass is complete
 */
export async function findOrders(
  at: EraseOrdersPage,
  work: Work,
): Promise<Partial<EraseOrdersPage> | undefined> {
  if (at.source === "given") return undefined;
  const { found, last } = await pageOfOrders(at);
  if (last === undefined)
    return at.source === "addresses" ? { source: "events", found_after: "" } : undefined;
  const ids = await guestOrdersOf(found, work);
  if (ids.length === 0) return { found_after: last };
  const { erasure_id, asked_at_ms: erased_at_ms } = at;
  await eraseEach(ids, work, { of: orders, erased: erasedOrder });
  for (const order_id of ids) {
    work.set(orderErasures, order_id, { order_id, erasure_id, erased_at_ms });
    work.delete(orderAddresses, order_id);
  }
  return { step: "archive", order_ids: ids, after: "", found_after: last };
}

/** An order that a document of the source names. */
interface FoundOrder {
  order_id: string;
  user_id?: string;
  /** Absent: the time plays no part. */
  happened_at_ms?: number;
}

async function pageOfOrders(at: EraseOrdersPage): Promise<{ found: FoundOrder[]; last: string | undefined }> {
  const page = queryOf(at).orderBy("__name__").limit(DOCUMENTS_PER_PAGE);
  const { docs } = await (at.found_after === "" ? page : page.startAfter(at.found_after)).get();
  const named = docs.flatMap(document => orderIn(at.source, document.data()) ?? []);
  // An order placed after the request is not erased.
  const found = named.filter(({ happened_at_ms = 0 }) => happened_at_ms <= at.asked_at_ms);
  return { found, last: docs.at(-1)?.id };
}

function queryOf({ source, erasure_id, email_hash = "" }: EraseOrdersPage): Query {
  if (source === "tombstones")
    return firestore().collection(orderErasures.name).where("erasure_id", "==", erasure_id);
  const { name } = source === "events" ? archivedEvents : orderAddresses;
  return firestore().collection(name).where("email_hash", "==", email_hash);
}

function orderIn(
  source: EraseOrdersPage["source"],
  document: Readonly<Record<string, unknown>>,
): FoundOrder | undefined {
  if (source !== "events") return document as unknown as FoundOrder;
  const event = archivedIn(String(document["event"]));
  if (event?.order_id === undefined) return undefined;
  return { order_id: event.order_id, user_id: event.user_id, happened_at_ms: happenedAt(event) };
}

/** Leaves out the orders of people with a user id, who are erased with `DELETE /users/:id`. */
async function guestOrdersOf(found: readonly FoundOrder[], work: Work): Promise<string[]> {
  const ids = [...new Set(found.flatMap(({ order_id, user_id }) => (user_id === undefined ? order_id : [])))];
  const stored = await work.getAll(orders, ids);
  return ids.filter((_, index) => stored[index]?.user_id === undefined);
}
