import { orders, users } from "../collections.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { holdsPersonalData, withoutPersonalData } from "../events/erase.ts";
import { isOwner } from "../orders/owners.ts";
import type { Work } from "../pipeline/process/unit-of-work.ts";
import { skip } from "../pipeline/skip.ts";

/** The ending of what others say of an order that was taken here. */
export const FOREIGN = skip("the order was taken here: what it is, another system does not say");

/** The ending of whatever would keep something about an erased person. */
export const ERASED = skip("the person was erased");

/** The ending of what is about a buyer, for an order that is nobody's. */
export const NOBODYS = skip("the order is a guest's");

/** Whether a person was erased. Asked in the transaction that would keep something about them, it cannot come too late. */
export async function isErased(userId: string, documents: Pick<Work, "get">): Promise<boolean> {
  return (await documents.get(users, userId))?.erased_at_ms !== undefined;
}

/**
 * An event as it may be kept: of an erased person it says no more than what happened. Only an event that says more
 * costs the look whether they were.
 */
export async function asMayBeKept<E extends PulseCartEvent>(
  event: E,
  documents: Pick<Work, "get">,
): Promise<E> {
  const { user_id } = event;
  if (user_id === undefined || !holdsPersonalData(event)) return event;
  if (!(await isErased(user_id, documents))) return event;
  // It has the type's own shape: only fields that the type does not demand were taken out.
  return { ...event, payload: withoutPersonalData({ ...event })?.["payload"] ?? {} } as E;
}

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
  if (order && order.source !== "hearsay") return undefined;
  throw new Error("it is not known yet whose order this is: neither the event nor the order names anybody");
}
