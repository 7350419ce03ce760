/** Facts as short as an example needs them: what, when. */

import type { Cart } from "../../../shared/rules/cart/cart.ts";
import { addItem, applyOrder, emptyCart, removeItem } from "../../../shared/rules/cart/cart.ts";
import type { AddFact, OrderFact, RemoveFact } from "../../../shared/rules/cart/cart-facts.ts";

export const FACT_IDLE_MS = 100;
const context = { idleMs: FACT_IDLE_MS };

export function add(product_id: string, at_ms: number, more: Partial<AddFact> = {}): AddFact {
  const id = `add ${product_id} ${at_ms}`;
  return { kind: "add", id, product_id, at_ms, received_at_ms: at_ms, quantity: 1, ...more };
}

export function remove(product_id: string, at_ms: number, more: Partial<RemoveFact> = {}): RemoveFact {
  return {
    kind: "remove",
    id: `remove ${product_id} ${at_ms}`,
    product_id,
    at_ms,
    received_at_ms: at_ms,
    ...more,
  };
}

export function order(id: string, at_ms: number): OrderFact {
  return { kind: "order", id, names: "cart", at_ms, received_at_ms: at_ms, product_ids: [] };
}

export function cartWith(...facts: (AddFact | RemoveFact | OrderFact)[]): Cart {
  return facts.reduce((cart, fact) => {
    if (fact.kind === "order") return applyOrder(cart, fact, context).cart;
    return (fact.kind === "add" ? addItem(cart, fact, context) : removeItem(cart, fact, context)).cart;
  }, emptyCart("cart_1"));
}

export const quantities = (cart: Cart | undefined) =>
  Object.fromEntries((cart?.lines ?? []).map(line => [line.product_id, line.quantity]));
