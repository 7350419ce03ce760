import { orders } from "../collections.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";
import { isOwner } from "./owners.ts";

/** Skip of a report about an order of our checkout from a producer that does not own it. */
export const NOT_ORDER_OWNER = skip(
  "not the owner: our checkout took this order, and another system reported it",
);

/** Skip of an event about a buyer when the order belongs to a guest. */
export const GUEST_ORDER = skip("the order belongs to a guest: no user_id is known");

/** Tells whether another system reports something about an order of our checkout. Only the owner decides about it. */
export async function isForeign(
  { producer, order_id }: { producer: string; order_id: string },
  documents: Pick<Work, "get">,
): Promise<boolean> {
  return !isOwner(producer) && (await documents.get(orders, order_id))?.source === "checkout";
}

/** Skip of a balance that is older than the counted one. */
export const ALREADY_COUNTED = skip("a later revision of the order's balance is counted already");
