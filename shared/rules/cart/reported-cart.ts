/** A cart that is not kept here: another system reported its abandonment and its items. */
import type { Cart } from "./cart.ts";
import type { CartLine, OrderFact } from "./cart-facts.ts";
import { isCovered, reaches } from "./cart-facts.ts";

export interface ReportedCart {
  cart_id: string;
  user_id: string;
  session_id?: string;
  /** Latest time at which the items can have been added: the cart was idle before its report. */
  added_at_ms: number;
  items: readonly Omit<CartLine, "added_at_ms">[];
}

/** Lists the items of a reported cart that no order covers. The rules are those of our own carts. */
export function uncoveredLines(
  { cart_id, user_id, session_id, added_at_ms, items }: ReportedCart,
  orders: readonly OrderFact[],
): CartLine[] {
  const scope = { cart_id, user_ids: [user_id], session_ids: session_id === undefined ? [] : [session_id] };
  const own = orders.filter(order => reaches(order, scope));
  return items
    .map(item => ({ ...item, added_at_ms }))
    .filter(line => !own.some(order => isCovered(line, order)));
}

/**
 * Tells whether a cart is kept here: a customer's add or remove touched it. An order that names a cart of another system
 * creates a document too.
 */
export function isKept(cart: Cart | undefined): cart is Cart {
  return cart !== undefined && cart.session_ids.length > 0;
}
