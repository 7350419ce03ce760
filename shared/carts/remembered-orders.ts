import { sessions, shoppers } from "../collections.ts";
import type { Work } from "../pipeline/work.ts";
import type { Cart } from "../rules/cart/cart.ts";
import type { OrderFact } from "../rules/cart/cart-facts.ts";

/**
 * Reads the orders that the users and sessions of a cart remember. Every transaction that decides about a cart reads
 * them. A concurrent checkout changes one of these documents, so the decision runs again.
 */
export async function rememberedOrders(
  { user_ids, session_ids }: Pick<Cart, "user_ids" | "session_ids">,
  { getAll }: Pick<Work, "getAll">,
): Promise<OrderFact[]> {
  const [ofUsers, ofSessions] = await Promise.all([
    getAll(shoppers, user_ids),
    getAll(sessions, session_ids),
  ]);
  return [...ofUsers, ...ofSessions].flatMap(memory => memory?.orders ?? []);
}
