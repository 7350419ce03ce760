import { orders } from "../collections.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";
import { isOwner } from "./owners.ts";

/** The ending of what others say of an order that was taken here. */
export const FOREIGN = skip("the order was taken here: what it is, another system does not say");

/** The ending of what is about a buyer, for an order that is nobody's. */
export const NOBODYS = skip("the order is a guest's");

/** Whether another system says something of an order that was taken here: what that order is, only its owner says. */
export async function isForeign(
  { producer, order_id }: { producer: string; order_id: string },
  documents: Pick<Work, "get">,
): Promise<boolean> {
  return !isOwner(producer) && (await documents.get(orders, order_id))?.source === "checkout";
}

/**
 * Whose order an event is about: whom it names, else whom the order names; undefined for a guest's.
 * @throws Error while nobody has said whose order it is: the event is tried again
 */
export async function buyerOf(
  { user_id, order_id }: { user_id?: string | undefined; order_id: string },
  documents: Pick<Work, "get">,
): Promise<string | undefined> {
  if (user_id !== undefined) return user_id;
  const order = await documents.get(orders, order_id);
  if (order?.user_id !== undefined) return order.user_id;
  if (order && order.source !== "unconfirmed") return undefined;
  throw new Error("it is not known yet whose order this is: neither the event nor the order names anybody");
}
