/** Facts about one cart: an example names only the product and the time. */

import type { Cart } from "../../../shared/rules/cart/cart.ts";
import { addItem, applyOrder, emptyCart, removeItem } from "../../../shared/rules/cart/cart.ts";
import type { AddFact, OrderFact, RemoveFact } from "../../../shared/rules/cart/cart-facts.ts";

export const FACT_IDLE_MS = 100;

const factContext = { idleMs: FACT_IDLE_MS };

/** Creates an add of one unit. `more` replaces or adds fields. */
export function add(product_id: string, at_ms: number, more: Partial<AddFact> = {}): AddFact {
  const id = `add ${product_id} ${at_ms}`;
  return { kind: "add", id, product_id, at_ms, received_at_ms: at_ms, quantity: 1, ...more };
}

/** Creates a remove of all units. `more` replaces or adds fields. */
export function remove(product_id: string, at_ms: number, more: Partial<RemoveFact> = {}): RemoveFact {
  const id = `remove ${product_id} ${at_ms}`;
  return { kind: "remove", id, product_id, at_ms, received_at_ms: at_ms, ...more };
}

/** The cart that `cartWith` fills. */
const CART_ID = "cart_1";

/** Creates an order that names the cart and no items. `more` replaces or adds fields. */
export function order(id: string, at_ms: number, more: Partial<OrderFact> = {}): OrderFact {
  return { kind: "order", id, cart_id: CART_ID, at_ms, received_at_ms: at_ms, product_ids: [], ...more };
}

/** Applies facts to an empty cart, in the given order of arrival. */
export function cartWith(...facts: (AddFact | RemoveFact | OrderFact)[]): Cart {
  return facts.reduce((cart, fact) => {
    if (fact.kind === "order") return applyOrder(cart, fact, factContext).cart;
    const change =
      fact.kind === "add" ? addItem(cart, fact, factContext) : removeItem(cart, fact, factContext);
    return change.cart;
  }, emptyCart(CART_ID));
}

/** Lists the quantity of each product in a cart. */
export function quantities(cart: Cart | undefined): Record<string, number> {
  return Object.fromEntries((cart?.lines ?? []).map(line => [line.product_id, line.quantity]));
}
