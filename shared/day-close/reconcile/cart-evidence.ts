import { CARTS } from "../../carts/write-cart.ts";
import { carts } from "../../collections.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { happenedAt } from "../../events/happened-at.ts";
import { firestore } from "../../google/firestore.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedEvents, archivedIn } from "../../pipeline/records/archived-event.ts";
import { ledgerId, ledgerRef } from "../../pipeline/records/ledger.ts";
import type { Cart } from "../../rules/cart/cart.ts";
import { MAX_FACT_WEIGHT } from "../../rules/cart/cart-facts.ts";
import type { Visit } from "../../rules/cart/expected-cart.ts";
import { visitsMissingIn } from "../../rules/cart/expected-cart.ts";
import { isCopy } from "../closing/archive-copies.ts";
import type { Stored } from "./order-documents.ts";
import { readStored } from "./order-documents.ts";

/** An archived add or remove. */
export interface ArchivedVisit {
  /** Producer and id. */
  name: string;
  /** The ledger entry of the reaction `carts` about the event. */
  entry: string;
  fact: Visit;
}

/** The document of a cart, and the adds and removes that must be in it. */
export interface CartEvidence {
  id: string;
  cart: Stored<Cart>;
  visits: readonly ArchivedVisit[];
}

/** Max events of a cart that are read. A cart with more of them has folded facts, so no comparison is certain. */
const MAX_EVENTS = MAX_FACT_WEIGHT;

/**
 * Reads carts and their archived adds and removes, as of the cut-off. An event counts when the cart has it, or when the
 * ledger proves that the reaction handled it. The carts are read again after the ledger: a cart has every event that
 * was done before.
 */
export async function readCartEvidence(ids: readonly string[], cutOffMs: number): Promise<CartEvidence[]> {
  const archived = await Promise.all(ids.map(id => visitsOf(id, cutOffMs)));
  const before = await readStored(carts, ids, cutOffMs);
  const missing = archived.flatMap((visits, index) => missingIn(before[index]?.data, visits));
  const done = await doneAmong(missing.map(({ entry }) => entry));
  const after = missing.length === 0 ? before : await readStored(carts, ids, cutOffMs);
  return ids.map((id, index) => {
    const cart = after[index] ?? { data: undefined, isLater: false };
    const visits = archived[index] ?? [];
    const lacking = new Set(missingIn(cart.data, visits));
    return { id, cart, visits: visits.filter(one => !lacking.has(one) || done.has(one.entry)) };
  });
}

function missingIn(cart: Cart | undefined, visits: readonly ArchivedVisit[]): ArchivedVisit[] {
  // A damaged document may have no list of facts.
  const facts = Array.isArray(cart?.facts) ? cart.facts : [];
  const missing = new Set(
    visitsMissingIn(
      { facts },
      visits.map(({ fact }) => fact),
    ),
  );
  return visits.filter(({ fact }) => missing.has(fact));
}

async function visitsOf(cartId: string, cutOffMs: number): Promise<ArchivedVisit[]> {
  const { docs } = await firestore()
    .collection(archivedEvents.name)
    .where("cart_id", "==", cartId)
    .select("event", "producer", "event_id", "event_type")
    .limit(MAX_EVENTS + 1)
    .get();
  if (docs.length > MAX_EVENTS) return [];
  return docs
    .filter(document => document.createTime.toMillis() < cutOffMs && !isCopy(document))
    .flatMap(document => visitIn(archivedIn((document.data() as ArchivedEvent).event)) ?? []);
}

function visitIn(event: PulseCartEvent | undefined): ArchivedVisit | undefined {
  if (event?.event_type !== "cart.item_added" && event?.event_type !== "cart.item_removed") return undefined;
  const { producer, event_id, session_id, user_id, received_at } = event;
  const about = {
    id: `${producer}.${event_id}`,
    at_ms: happenedAt(event),
    received_at_ms: Date.parse(received_at),
    session_id,
    user_id,
  };
  return {
    name: `${producer} ${event_id}`,
    entry: ledgerId(CARTS, { producer, id: event_id }),
    fact: factOf(event, about),
  };
}

function factOf(
  { event_type, payload }: PulseCartEvent<"cart.item_added" | "cart.item_removed">,
  about: Pick<Visit, "id" | "at_ms" | "received_at_ms" | "session_id" | "user_id">,
): Visit {
  const { product_id, quantity } = payload;
  if (event_type === "cart.item_removed") return { ...about, kind: "remove", product_id, quantity };
  return { ...about, kind: "add", product_id, quantity: quantity ?? 0 };
}

/** Ledger entries per read. */
const ENTRIES_PER_READ = 300;

async function doneAmong(entries: readonly string[]): Promise<Set<string>> {
  const done = new Set<string>();
  for (let at = 0; at < entries.length; at += ENTRIES_PER_READ) {
    const refs = entries.slice(at, at + ENTRIES_PER_READ).map(ledgerRef);
    for (const entry of await firestore().getAll(...refs, { fieldMask: ["state"] }))
      if (entry.get("state") === "done") done.add(entry.id);
  }
  return done;
}
