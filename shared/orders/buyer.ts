import { orders } from "../collections.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";

/** Skip of an event about a buyer when the order belongs to a guest. */
export const GUEST_ORDER = skip("the order belongs to a guest: no user_id is known");

/**
 * Returns the buyer that an event is about: the user of the event, else the user of its order.
 * @returns undefined for the order of a guest
 * @throws Error while neither the event nor a placed order names the buyer: the event is deferred
 */
export async function buyerOf(
  { user_id, order_id }: { user_id?: string; order_id: string },
  documents: Pick<Work, "get">,
): Promise<string | undefined> {
  if (user_id !== undefined) return user_id;
  const order = await documents.get(orders, order_id);
  if (order?.user_id !== undefined) return order.user_id;
  if (order && order.source !== "unconfirmed") return undefined;
  throw new Error("buyer of the order is unknown: expected a user_id in the event or its order.placed first");
}
