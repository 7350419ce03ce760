import { expect, test } from "@jest/globals";
import {
  add,
  cartWith,
  FACT_IDLE_MS,
  order,
  quantities,
  remove,
} from "../../../scripts/test/worlds/cart-facts.ts";
import type { ShopEvent } from "../../../scripts/test/worlds/cart-world.ts";
import { afterAll } from "../../../scripts/test/worlds/cart-world.ts";
import type { Cart } from "./cart.ts";
import { addItem, applyOrder, checkoutCart, emptyCart, removeItem } from "./cart.ts";
import type { AddFact } from "./cart-facts.ts";
import { EMPTY_SESSION, EMPTY_SHOPPER, routeOrder } from "./cart-memory.ts";
import { fireAbandon, markReminded, rearmOverdue } from "./cart-timer.ts";

const idleMs = FACT_IDLE_MS;
const context = { idleMs };
const task = ({ cycle, step }: Cart) => ({ cycle, step });

function abandonedCart(...facts: AddFact[]): Cart {
  const cart = cartWith(...facts);
  const fired = fireAbandon(cart, { task: task(cart), nowMs: cart.last_activity_ms + idleMs, idleMs });
  if (fired.kind !== "abandon") throw new Error(`expected abandon, received ${fired.kind}`);
  return fired.cart;
}

function visit(cart_id: string, session_id: string, fact: AddFact): ShopEvent {
  return { type: "visit", cart_id, session_id, fact: { ...fact, session_id } };
}

function placed(order_id: string, at_ms: number, by: { session_id?: string; user_id?: string }): ShopEvent {
  return {
    type: "placed",
    items: [],
    order: { order_id, at_ms, received_at_ms: at_ms, product_ids: ["a"], ...by },
  };
}

test("an order takes the lines added up to its time and leaves the later ones as the next cycle", () => {
  const before = cartWith(add("a", 1), add("b", 5));
  const { cart, arm } = applyOrder(before, order("ord_1", 4), context);
  expect(quantities(cart)).toEqual({ b: 1 });
  expect([cart.status, cart.cycle]).toEqual(["open", before.cycle + 1]);
  expect(arm).toEqual({ dueMs: 105, cycle: 2, step: 2 });
});

test("an order that covers no line changes neither state nor cycle", () => {
  const before = cartWith(add("b", 5));
  const { cart, arm } = applyOrder(before, order("ord_1", 4), context);
  expect([cart.status, cart.cycle, cart.step, arm]).toEqual(["open", before.cycle, before.step, undefined]);
});

test("a second report of an order changes nothing, whatever time it gives", () => {
  const cart = cartWith(add("a", 1), order("ord_1", 2), add("b", 3));
  expect(applyOrder(cart, order("ord_1", 9), context).cart).toBe(cart);
  expect(applyOrder(cart, order("ord_2", 9), context).cart.status).toBe("bought");
});

test("the same event heard twice counts once", () => {
  const cart = cartWith(add("a", 1));
  expect(addItem(cart, add("a", 1), context)).toEqual({ cart });
});

test("an add in the very millisecond of an order is covered by it", () => {
  const zLast = add("a", 5, { id: "z", received_at_ms: 9 });
  expect(cartWith(order("ord_1", 5), zLast).status).toBe("bought");
});

test("a remove that arrives before its add takes only what was added before it", () => {
  expect(quantities(cartWith(remove("a", 2), add("a", 1), add("a", 3)))).toEqual({ a: 1 });
  expect(quantities(cartWith(remove("a", 4, { quantity: 2 }), add("a", 1, { quantity: 3 })))).toEqual({
    a: 1,
  });
});

test("within one stamped second, adds and removes count as ingest heard them", () => {
  const again = add("a", 1000, { id: "0", received_at_ms: 1300 });
  const facts = [
    again,
    remove("a", 1000, { received_at_ms: 1200 }),
    add("a", 1000, { received_at_ms: 1100 }),
  ];
  expect(quantities(cartWith(...facts))).toEqual({ a: 1 });
});

test("a checkout takes a line it read even when that line's time is later than its own", () => {
  const read = cartWith(add("a", 1), add("b", 12));
  const { cart } = checkoutCart(read, { order_id: "ord_1", at_ms: 10 }, context);
  expect(cart.status).toBe("bought");
  expect(quantities(addItem(cart, add("c", 11), context).cart)).toEqual({ c: 1 });
});

test("an add that comes after an order without cart and session was in the cart then, and is taken", () => {
  const user_id = "usr_1";
  const late = visit("cart_1", "sess_1", add("a", 1, { user_id }));
  const other = visit("cart_1", "sess_1", add("b", 2, { user_id }));
  const later = visit("cart_1", "sess_1", add("a", 9, { user_id }));
  const { carts } = afterAll([placed("ord_1", 5, { user_id }), other, late, later]);
  expect(quantities(carts["cart_1"])).toEqual({ a: 1 });
});

test("what a guest put in is the user's once the guest has logged in", () => {
  const guest = visit("cart_1", "sess_1", add("a", 1));
  const login = visit("cart_1", "sess_1", add("b", 7, { user_id: "usr_1" }));
  const { carts } = afterAll([guest, placed("ord_1", 5, { user_id: "usr_1" }), login]);
  expect(quantities(carts["cart_1"])).toEqual({ b: 1 });
});

test("an order that names a session closes the user's other carts only while that session has no cart", () => {
  const user_id = "usr_1";
  const events = [
    visit("cart_1", "sess_1", add("a", 1, { user_id })),
    placed("ord_1", 5, { user_id, session_id: "sess_2" }),
  ];
  expect(afterAll(events).carts["cart_1"]?.status).toBe("bought");
  const { carts } = afterAll([...events, visit("cart_2", "sess_2", add("a", 2))]);
  expect([carts["cart_1"]?.status, carts["cart_2"]?.status]).toEqual(["open", "bought"]);
});

test("an order that falls to its user's carts leaves a guest's cart alone", () => {
  const before = visit("cart_1", "sess_1", add("a", 1));
  const joined = visit("cart_1", "sess_2", add("b", 7));
  const { carts } = afterAll([
    before,
    placed("ord_1", 5, { user_id: "usr_1", session_id: "sess_2" }),
    joined,
  ]);
  expect(quantities(carts["cart_1"])).toEqual({ a: 1, b: 1 });
});

test("a report that names no cart is known after the checkout of the cart", () => {
  const placedAt = { order_id: "ord_1", at_ms: 5, received_at_ms: 5, product_ids: ["a"], user_id: "usr_1" };
  const route = routeOrder({ ...placedAt, cart_id: "cart_1" }, { shopper: EMPTY_SHOPPER });
  expect(route?.cartIds).toEqual(["cart_1"]);
  const session = EMPTY_SESSION;
  const shopper = route?.shopper ?? EMPTY_SHOPPER;
  expect(routeOrder({ ...placedAt, at_ms: 9, session_id: "sess_1" }, { session, shopper })).toBeUndefined();
});

test("one task is out at a time, and it re-arms for the remainder under a new name", () => {
  const first = addItem(emptyCart("cart_1"), add("a", 1), context);
  const second = addItem(first.cart, add("b", 61), context);
  expect([first.arm, second.arm]).toEqual([{ dueMs: 101, cycle: 1, step: 1 }, undefined]);
  const fired = fireAbandon(second.cart, { task: task(second.cart), nowMs: 101, idleMs });
  expect(fired).toMatchObject({ kind: "re-arm", arm: { dueMs: 161, cycle: 1, step: 2 } });
  if (fired.kind !== "re-arm") return;
  expect(fireAbandon(fired.cart, { task: task(second.cart), nowMs: 999, idleMs })).toEqual({ kind: "stale" });
  expect(fireAbandon(fired.cart, { task: task(fired.cart), nowMs: 160, idleMs }).kind).toBe("re-arm");
});

test("an idle cart is abandoned once, with what is in it", () => {
  const priced = { unit_price_minor: 8999, currency: "USD", user_id: "usr_1", session_id: "sess_1" };
  const cart = cartWith(
    add("a", 1, { ...priced, quantity: 2 }),
    add("b", 2, { ...priced, unit_price_minor: 1 }),
  );
  const fired = fireAbandon(cart, { task: task(cart), nowMs: 102, idleMs });
  expect(fired).toMatchObject({
    kind: "abandon",
    cart: { status: "abandoned", armed_due_ms: null },
    event: {
      user_id: "usr_1",
      session_id: "sess_1",
      payload: {
        cart_id: "cart_1",
        cycle: 1,
        items: [
          { product_id: "a", quantity: 2, unit_price: 89.99 },
          { product_id: "b", quantity: 1, unit_price: 0.01 },
        ],
        total: 179.99,
        currency: "USD",
      },
    },
  });
  if (fired.kind !== "abandon") return;
  expect(fireAbandon(fired.cart, { task: task(cart), nowMs: 999, idleMs })).toEqual({ kind: "stale" });
});

test("a total is only told when every line has a price in one currency", () => {
  const cart = cartWith(add("a", 1, { unit_price_minor: 100, currency: "USD" }), add("b", 2));
  const fired = fireAbandon(cart, { task: task(cart), nowMs: 102, idleMs });
  if (fired.kind !== "abandon") throw new Error(`expected abandon, received ${fired.kind}`);
  expect(fired.event.payload).not.toHaveProperty("total");
});

test("an emptied or bought cart is never abandoned", () => {
  const before = cartWith(add("a", 1));
  for (const ending of [remove("a", 2), order("ord_1", 2)]) {
    const cart =
      ending.kind === "order"
        ? applyOrder(before, ending, context).cart
        : removeItem(before, ending, context).cart;
    expect(fireAbandon(cart, { task: task(before), nowMs: 999, idleMs })).toEqual({ kind: "stale" });
    expect(rearmOverdue(cart, 999)).toBeUndefined();
  }
});

test("while an order may be held back in a lane, the timer waits", () => {
  const cart = cartWith(add("a", 1));
  const fired = fireAbandon(cart, { task: task(cart), nowMs: 500, idleMs, heldBack: { retryAtMs: 560 } });
  expect(fired).toMatchObject({ kind: "re-arm", arm: { dueMs: 560, cycle: 1, step: 2 } });
});

test("an add after abandonment opens the next cycle; one from before it that was late does not", () => {
  const abandoned = abandonedCart(add("a", 50));
  const late = addItem(abandoned, add("b", 49), context);
  expect([late.cart.status, late.cart.cycle, late.arm]).toEqual(["abandoned", 1, undefined]);
  expect(quantities(late.cart)).toEqual({ a: 1, b: 1 });
  const next = addItem(abandoned, add("b", 300), context);
  expect([next.cart.status, next.arm]).toEqual(["open", { dueMs: 400, cycle: 2, step: 2 }]);
  const again = fireAbandon(next.cart, { task: task(next.cart), nowMs: 400, idleMs });
  if (again.kind !== "abandon") throw new Error(`expected abandon, received ${again.kind}`);
  expect(markReminded(again.cart, 1)).toBeUndefined();
});

test("a partial order of an abandoned cart voids its reminder, and what is left may be abandoned again", () => {
  const abandoned = abandonedCart(add("a", 1), add("b", 3));
  expect(markReminded(abandoned, 1)?.status).toBe("reminded");
  const { cart, arm } = applyOrder(abandoned, { ...order("ord_1", 2), received_at_ms: 300 }, context);
  expect(markReminded(cart, 1)).toBeUndefined();
  expect([cart.status, arm]).toEqual(["open", { dueMs: 400, cycle: 2, step: 2 }]);
});

test("an order from before the announced silence, heard late, leaves the reminder of the rest standing", () => {
  const abandoned = abandonedCart(add("a", 1), add("b", 30));
  const { cart, arm } = applyOrder(abandoned, order("ord_1", 20), context);
  expect([quantities(cart), cart.status, cart.cycle, arm]).toEqual([{ b: 1 }, "abandoned", 1, undefined]);
  expect(markReminded(cart, 1)?.status).toBe("reminded");
});

test("what is heard late of an announced silence stays in its cycle, even if nothing is left in between", () => {
  const emptied = removeItem(abandonedCart(add("a", 30)), remove("a", 30), context).cart;
  expect([emptied.status, markReminded(emptied, 1)]).toEqual(["open", undefined]);
  const filled = addItem(emptied, add("b", 30), context);
  expect([filled.cart.status, filled.cart.cycle, filled.arm]).toEqual(["abandoned", 1, undefined]);
  expect(markReminded(filled.cart, 1)?.status).toBe("reminded");
});

test("a cart that was emptied and filled again after its abandonment is in another cycle", () => {
  const emptied = removeItem(abandonedCart(add("a", 1)), remove("a", 300), context).cart;
  expect([emptied.status, emptied.armed_due_ms]).toEqual(["open", null]);
  const { arm } = addItem(emptied, add("a", 400), context);
  expect(arm).toEqual({ dueMs: 500, cycle: 2, step: 2 });
});

test("a cart that is bought after its abandonment is not reminded", () => {
  const { cart } = applyOrder(abandonedCart(add("a", 1)), order("ord_1", 300), context);
  expect(cart.status).toBe("bought");
  expect(markReminded(cart, 1)).toBeUndefined();
});

test("a lost task is replaced under a new name", () => {
  const cart = cartWith(add("a", 1));
  expect(rearmOverdue(cart, 100)).toBeUndefined();
  expect(rearmOverdue(cart, 101)?.arm).toEqual({ dueMs: 101, cycle: 1, step: 2 });
});
