import * as v from "valibot";
import { emailClaims, guestErasures, orderAddresses, orderErasures, orders } from "../../collections.ts";
import { email, id } from "../../events/define.ts";
import { firestore, readDocument, readDocuments, timestamp } from "../../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../../http/handler.ts";
import { idIn, noSuch } from "../../http/path-id.ts";
import { Problem } from "../../http/problem.ts";
import { validBody } from "../../http/valid-body.ts";
import type { Command, Decision } from "../../pipeline/command.ts";
import { archivedEvents, archivedIn } from "../../pipeline/records/archived-event.ts";
import { LEDGER_RETENTION_MS } from "../../pipeline/records/ledger.ts";
import type { Work } from "../../pipeline/work.ts";
import { emailHash } from "../../values/ids.ts";
import { timeView } from "../account.ts";
import { eraseAddress } from "../erased-order.ts";
import { ERASE_ORDERS, firstOrdersPage } from "./erase-orders-run.ts";

const erasureBody = v.pipe(
  v.strictObject({ email: v.exactOptional(email), order_id: v.exactOptional(id) }),
  v.check(asked => Object.keys(asked).length === 1, "either email or order_id"),
);

/**
 * Decides the erasure of a guest: of one order, or of all orders with an address. The tombstones are written at once, so
 * late events store no personal data. A timer removes the personal data from all documents, page by page. A repeated
 * request starts one more search.
 * @throws Problem 404 when nothing is held about the order, 409 when the order or the address belongs to a user
 */
export async function eraseGuest({ body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const asked = validBody(erasureBody, body);
  const erasureId = newId("era");
  const run = { erasureId, nowMs };
  const users = asked.email === undefined ? [] : await eraseByAddress(asked.email, run, work);
  if (asked.order_id !== undefined) await eraseByOrder(asked.order_id, run, work);
  work.set(guestErasures, erasureId, { erasure_id: erasureId, asked_at_ms: nowMs });
  const email_hash = asked.email === undefined ? undefined : emailHash(asked.email);
  work.timer(ERASE_ORDERS, firstOrdersPage(erasureId, { nowMs, email_hash }));
  return {
    status: 202,
    body: { erasure_id: erasureId, status: "erasing", asked_at: timeView(nowMs), users },
    headers: { location: `/erasures/${erasureId}` },
    aggregate: erasureId,
  };
}

/** Shows whether the first search of an erasure is complete. */
export async function getErasure({ params }: HttpRequest): Promise<HttpAnswer> {
  const erasure = await readDocument(guestErasures, idIn(params, "erasure"));
  if (!erasure) throw noSuch("erasure");
  const { erasure_id, asked_at_ms, looked_through_at_ms } = erasure;
  const status = looked_through_at_ms === undefined ? "erasing" : "erased";
  const times = { asked_at: timeView(asked_at_ms), looked_through_at: timeView(looked_through_at_ms) };
  return { status: 200, body: { erasure_id, status, ...times } };
}

interface Run {
  erasureId: string;
  nowMs: number;
}

async function eraseByOrder(orderId: string, { erasureId, nowMs }: Run, work: Work): Promise<void> {
  const [tombstone, order, address] = await Promise.all([
    work.get(orderErasures, orderId),
    work.get(orders, orderId),
    work.get(orderAddresses, orderId),
  ]);
  const userId = order?.user_id ?? address?.user_id;
  if (userId !== undefined) throw ofUser("order", userId);
  if (!tombstone && !order && !address && !(await isArchived(orderId))) throw noSuch("order");
  work.set(orderErasures, orderId, { order_id: orderId, erasure_id: erasureId, erased_at_ms: nowMs });
}

/** Writes the tombstone of the address. @returns the users whose events or orders name the address */
async function eraseByAddress(address: string, { erasureId, nowMs }: Run, work: Work): Promise<string[]> {
  const claim = await work.get(emailClaims, emailHash(address));
  if (claim) throw ofUser("address", claim.user_id);
  const expires_at = timestamp(nowMs + LEDGER_RETENTION_MS);
  await eraseAddress(address, { erasure_id: erasureId, erased_at_ms: nowMs, expires_at }, work);
  return usersOfAddress(emailHash(address));
}

function ofUser(thing: string, userId: string): Problem {
  const detail = `The ${thing} belongs to a user. Erase the user: DELETE /users/${encodeURIComponent(userId)}.`;
  return new Problem({ status: 409, slug: `${thing}-of-user`, detail });
}

async function isArchived(orderId: string): Promise<boolean> {
  const found = firestore().collection(archivedEvents.name).where("subject", "==", orderId).limit(1).select();
  return !(await found.get()).empty;
}

/** Max documents read to name the users of an address. An address has one user in nearly all cases. */
const MAX_DOCUMENTS = 50;

/** Finds the people whom another system knows by a user id and by this address. */
async function usersOfAddress(hash: string): Promise<string[]> {
  const [events, addresses] = await Promise.all(
    [archivedEvents, orderAddresses].map(async ({ name }) => {
      const found = firestore().collection(name).where("email_hash", "==", hash).limit(MAX_DOCUMENTS);
      return (await found.get()).docs.map(document => document.data());
    }),
  );
  const named = [
    ...(events ?? []).flatMap(({ event }) => archivedIn(String(event)) ?? []),
    ...(addresses ?? []),
  ] as { user_id?: string; order_id?: string }[];
  const stored = await readDocuments(orders, [...new Set(named.flatMap(({ order_id }) => order_id ?? []))]);
  return [...new Set([...named, ...stored].flatMap(one => one?.user_id ?? []))].sort();
}
