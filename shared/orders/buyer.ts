import { orders } from "../collections.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";

/** Skip of an event about a buyer when the order belongs to a guest. */
export const GUEST_ORDER = skip("the order belongs to a guest: no user_id is known");

/** Skip of a balance that is older than the counted one. */
export const ALREADY_COUNTED = skip("a later revision of the order's balance is counted already");

/** Adds the buyer to an event that names only the order, so that an erased buyer is recognised. */
export async function withBuyer<E extends { user_id?: string; order_id: string }>(
  event: E,
  documents: Pick<Work, "get">,
): Promise<E> {
  if (event.user_id !== undefined) return event;
  const { user_id } = (await documents.get(orders, event.order_id)) ?? {};
  return user_id === undefined ? event : { ...event, user_id };
}
