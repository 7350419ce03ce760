import { expect, test } from "@jest/globals";
import {
  add,
  cartWith,
  FACT_IDLE_MS,
  order,
  quantities,
  remove,
} from "../../../scripts/test/worlds/cart-facts.ts";
import { addItem, applyOrder, checkoutCart } from "./cart.ts";
import type { OrderFact } from "./cart-facts.ts";
import { MAX_FACT_WEIGHT } from "./cart-facts.ts";
import { EMPTY_SHOPPER, MAX_ORDER_WEIGHT, rememberOrder } from "./cart-memory.ts";

const context = { idleMs: FACT_IDLE_MS };

test("keeps lines and orders when a cart has more facts than MAX_FACT_WEIGHT", () => {
  const bought = cartWith(add("a", 1), order("ord_1", 2));
  const many = Array.from({ length: MAX_FACT_WEIGHT + 100 }, (_, index) => add(`p${index % 7}`, 10 + index));
  const cart = many.reduce((state, fact) => addItem(state, fact, context).cart, bought);
  expect(cart.facts.length).toBeLessThanOrEqual(MAX_FACT_WEIGHT);
  expect(Object.values(quantities(cart)).reduce((sum, quantity) => sum + quantity)).toBe(many.length);
  expect(applyOrder(cart, order("ord_1", 9), context).cart).toBe(cart);
  expect(quantities(addItem(cart, add("late", 2), context).cart)).not.toHaveProperty("late");
  expect(checkoutCart(cart, order("ord_2", 5), context).cart.status).toBe("bought");
});

test("covers a product of a folded order when its add arrives late", () => {
  const partial = order("ord_1", 5, { product_ids: ["a"] });
  const many = Array.from({ length: MAX_FACT_WEIGHT + 1 }, (_, index) => add("c", 1000 + index));
  const cart = cartWith(add("a", 1), add("b", 2), partial, ...many);
  expect(cart.base).toMatchObject({ order_ids: ["ord_1"], covered: [{ product_id: "a", until_ms: 5 }] });
  const late = cartWith(add("a", 1), partial, ...many, add("a", 3), add("b", 4));
  expect(quantities(late)).toEqual({ b: 1, c: many.length });
});

test("leaves later lines alone when a fact is older than the base", () => {
  const many = Array.from({ length: MAX_FACT_WEIGHT + 1 }, (_, index) => add("a", 1000 + index));
  const cart = cartWith(...many);
  expect(cart.base.lines.length).toBe(1);
  const older = cartWith(...many, add("a", 3), remove("a", 5), order("ord_1", 6));
  expect(quantities(older)).toEqual({ a: many.length + 1 });
  const byUser = order("ord_2", 5000, { cart_id: undefined, user_id: "usr_1", product_ids: ["z"] });
  const known = cartWith(add("z", 999, { user_id: "usr_1" }), ...many);
  expect(quantities(applyOrder(known, byUser, context).cart)).toEqual({ a: many.length });
});

test("folds facts without undoing the order of a later logged-in guest", () => {
  const byUser = order("ord_1", 5, { cart_id: undefined, user_id: "usr_1", product_ids: ["a"] });
  const login = add("b", 9000, { user_id: "usr_1" });
  const many = Array.from({ length: MAX_FACT_WEIGHT }, (_, index) => add("c", 1000 + index));
  expect(quantities(cartWith(add("a", 1), login, byUser, ...many))).toEqual({ b: 1, c: MAX_FACT_WEIGHT });
});

test("remembers the same orders when they arrive in another order", () => {
  const orders = Array.from({ length: 40 }, (_, index): OrderFact => {
    const product_ids = Array.from({ length: 1 + ((index * 37) % 90) }, (__, item) => `p${item}`);
    return order(`ord_${index}`, index, { cart_id: undefined, product_ids });
  });
  const forwards = orders.reduce(rememberOrder, EMPTY_SHOPPER);
  expect(orders.toReversed().reduce(rememberOrder, EMPTY_SHOPPER)).toEqual(forwards);
  expect(forwards.orders.length).toBeLessThan(orders.length);
  const weight = forwards.orders.reduce((sum, known) => sum + 1 + known.product_ids.length, 0);
  expect(weight).toBeLessThanOrEqual(MAX_ORDER_WEIGHT);
});
