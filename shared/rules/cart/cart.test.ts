import { describe, expect, test } from "@jest/globals";
import {
  add,
  cartWith,
  FACT_IDLE_MS,
  order,
  quantities,
  remove,
} from "../../../scripts/test/worlds/cart-facts.ts";
import type { ShopEvent } from "../../../scripts/test/worlds/cart-world.ts";
import { afterEvents } from "../../../scripts/test/worlds/cart-world.ts";
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
  if (fired.kind !== "abandon") throw new Error(`expected abandon, got ${fired.kind}`);
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

describe("orders", () => {
  test("takes lines up to its time; later lines start a cycle", () => {
    const before = cartWith(add("a", 1), add("b", 5));
    const { cart, arm } = applyOrder(before, order("ord_1", 4), context);
    expect(quantities(cart)).toEqual({ b: 1 });
    expect([cart.status, cart.cycle]).toEqual(["open", before.cycle + 1]);
    expect(arm).toEqual({ dueMs: 105, cycle: 2, step: 2 });
  });

  test("changes neither state nor cycle when the order covers no line", () => {
    const before = cartWith(add("b", 5));
    const { cart, arm } = applyOrder(before, order("ord_1", 4), context);
    expect([cart.status, cart.cycle, cart.step, arm]).toEqual(["open", before.cycle, before.step, undefined]);
  });

  test("changes nothing when a second report gives another time", () => {
    const cart = cartWith(add("a", 1), order("ord_1", 2), add("b", 3));
    expect(applyOrder(cart, order("ord_1", 9), context).cart).toBe(cart);
    expect(applyOrder(cart, order("ord_2", 9), context).cart.status).toBe("bought");
  });

  test("covers an add of the same millisecond", () => {
    const zLast = add("a", 5, { id: "z", received_at_ms: 9 });
    expect(cartWith(order("ord_1", 5), zLast).status).toBe("bought");
  });

  test("takes a line that checkout read when the line's time is later", () => {
    const read = cartWith(add("a", 1), add("b", 12));
    const { cart } = checkoutCart(read, { order_id: "ord_1", at_ms: 10 }, context);
    expect(cart.status).toBe("bought");
    expect(quantities(addItem(cart, add("c", 11), context).cart)).toEqual({ c: 1 });
  });
});

describe("adds and removes", () => {
  test("counts an event once when the event is delivered twice", () => {
    const cart = cartWith(add("a", 1));
    expect(addItem(cart, add("a", 1), context)).toEqual({ cart });
  });

  test("removes only earlier adds when a remove arrives before its add", () => {
    expect(quantities(cartWith(remove("a", 2), add("a", 1), add("a", 3)))).toEqual({ a: 1 });
    expect(quantities(cartWith(remove("a", 4, { quantity: 2 }), add("a", 1, { quantity: 3 })))).toEqual({
      a: 1,
    });
  });

  test("keeps the price of a line when a later add has none", () => {
    const priced = add("a", 1, { unit_price_minor: 100, currency: "USD" });
    for (const later of [add("a", 2), add("a", 2, { unit_price_minor: undefined })])
      expect(cartWith(priced, later).lines).toMatchObject([
        { quantity: 2, unit_price_minor: 100, currency: "USD" },
      ]);
  });

  test("sorts facts of one stamped second by their time of receipt", () => {
    const again = add("a", 1000, { id: "0", received_at_ms: 1300 });
    const facts = [
      again,
      remove("a", 1000, { received_at_ms: 1200 }),
      add("a", 1000, { received_at_ms: 1100 }),
    ];
    expect(quantities(cartWith(...facts))).toEqual({ a: 1 });
  });
});

describe("orders without a cart", () => {
  test("takes a late add when the order names only the user", () => {
    const user_id = "usr_1";
    const late = visit("cart_1", "sess_1", add("a", 1, { user_id }));
    const other = visit("cart_1", "sess_1", add("b", 2, { user_id }));
    const later = visit("cart_1", "sess_1", add("a", 9, { user_id }));
    const { carts } = afterEvents([placed("ord_1", 5, { user_id }), other, late, later]);
    expect(quantities(carts["cart_1"])).toEqual({ a: 1 });
  });

  test("takes the guest's lines when the guest logs in later", () => {
    const guest = visit("cart_1", "sess_1", add("a", 1));
    const login = visit("cart_1", "sess_1", add("b", 7, { user_id: "usr_1" }));
    const { carts } = afterEvents([guest, placed("ord_1", 5, { user_id: "usr_1" }), login]);
    expect(quantities(carts["cart_1"])).toEqual({ b: 1 });
  });

  test("closes the user's other carts only when the session has no cart", () => {
    const user_id = "usr_1";
    const events = [
      visit("cart_1", "sess_1", add("a", 1, { user_id })),
      placed("ord_1", 5, { user_id, session_id: "sess_2" }),
    ];
    expect(afterEvents(events).carts["cart_1"]?.status).toBe("bought");
    const { carts } = afterEvents([...events, visit("cart_2", "sess_2", add("a", 2))]);
    expect([carts["cart_1"]?.status, carts["cart_2"]?.status]).toEqual(["open", "bought"]);
  });

  test("leaves a guest's cart open when the order closes its user's carts", () => {
    const before = visit("cart_1", "sess_1", add("a", 1));
    const joined = visit("cart_1", "sess_2", add("b", 7));
    const { carts } = afterEvents([
      before,
      placed("ord_1", 5, { user_id: "usr_1", session_id: "sess_2" }),
      joined,
    ]);
    expect(quantities(carts["cart_1"])).toEqual({ a: 1, b: 1 });
  });

  test("recognises a report without a cart after the checkout of the cart", () => {
    const placedAt = { order_id: "ord_1", at_ms: 5, received_at_ms: 5, product_ids: ["a"], user_id: "usr_1" };
    const route = routeOrder({ ...placedAt, cart_id: "cart_1" }, { shopper: EMPTY_SHOPPER });
    expect(route?.cartIds).toEqual(["cart_1"]);
    const session = EMPTY_SESSION;
    const shopper = route?.shopper ?? EMPTY_SHOPPER;
    expect(routeOrder({ ...placedAt, at_ms: 9, session_id: "sess_1" }, { session, shopper })).toBeUndefined();
  });
});

describe("timers", () => {
  test("re-arms for the remaining time under a new name", () => {
    const first = addItem(emptyCart("cart_1"), add("a", 1), context);
    const second = addItem(first.cart, add("b", 61), context);
    expect([first.arm, second.arm]).toEqual([{ dueMs: 101, cycle: 1, step: 1 }, undefined]);
    const fired = fireAbandon(second.cart, { task: task(second.cart), nowMs: 101, idleMs });
    expect(fired).toMatchObject({ kind: "re-arm", arm: { dueMs: 161, cycle: 1, step: 2 } });
    if (fired.kind !== "re-arm") return;
    expect(fireAbandon(fired.cart, { task: task(second.cart), nowMs: 999, idleMs })).toEqual({
      kind: "stale",
    });
    expect(fireAbandon(fired.cart, { task: task(fired.cart), nowMs: 160, idleMs }).kind).toBe("re-arm");
  });

  test("abandons an idle cart once, with its items and total", () => {
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

  test("announces no total when a line has no price", () => {
    const cart = cartWith(add("a", 1, { unit_price_minor: 100, currency: "USD" }), add("b", 2));
    const fired = fireAbandon(cart, { task: task(cart), nowMs: 102, idleMs });
    if (fired.kind !== "abandon") throw new Error(`expected abandon, got ${fired.kind}`);
    expect(fired.event.payload).not.toHaveProperty("total");
  });

  test("does not abandon an emptied or bought cart", () => {
    const before = cartWith(add("a", 1));
    for (const fact of [remove("a", 2), order("ord_1", 2)]) {
      const cart =
        fact.kind === "order"
          ? applyOrder(before, fact, context).cart
          : removeItem(before, fact, context).cart;
      expect(fireAbandon(cart, { task: task(before), nowMs: 999, idleMs })).toEqual({ kind: "stale" });
      expect(rearmOverdue(cart, 999)).toBeUndefined();
    }
  });

  test("waits when a lane may hold an order of the cart", () => {
    const cart = cartWith(add("a", 1));
    const fired = fireAbandon(cart, { task: task(cart), nowMs: 500, idleMs, heldBack: { retryAtMs: 560 } });
    expect(fired).toMatchObject({ kind: "re-arm", arm: { dueMs: 560, cycle: 1, step: 2 } });
  });

  test("replaces a lost task under a new name", () => {
    const cart = cartWith(add("a", 1));
    expect(rearmOverdue(cart, 100)).toBeUndefined();
    expect(rearmOverdue(cart, 101)?.arm).toEqual({ dueMs: 101, cycle: 1, step: 2 });
  });
});

describe("abandoned carts", () => {
  test("opens the next cycle only when the add happened after the abandonment", () => {
    const abandoned = abandonedCart(add("a", 50));
    const late = addItem(abandoned, add("b", 49), context);
    expect([late.cart.status, late.cart.cycle, late.arm]).toEqual(["abandoned", 1, undefined]);
    expect(quantities(late.cart)).toEqual({ a: 1, b: 1 });
    const next = addItem(abandoned, add("b", 300), context);
    expect([next.cart.status, next.arm]).toEqual(["open", { dueMs: 400, cycle: 2, step: 2 }]);
    const again = fireAbandon(next.cart, { task: task(next.cart), nowMs: 400, idleMs });
    if (again.kind !== "abandon") throw new Error(`expected abandon, got ${again.kind}`);
    expect(markReminded(again.cart, 1)).toBeUndefined();
  });

  test("voids the reminder when an order takes a part of the cart", () => {
    const abandoned = abandonedCart(add("a", 1), add("b", 3));
    expect(markReminded(abandoned, 1)?.status).toBe("reminded");
    const { cart, arm } = applyOrder(abandoned, { ...order("ord_1", 2), received_at_ms: 300 }, context);
    expect(markReminded(cart, 1)).toBeUndefined();
    expect([cart.status, arm]).toEqual(["open", { dueMs: 400, cycle: 2, step: 2 }]);
  });

  test("keeps the reminder when a late order happened before the announced silence", () => {
    const abandoned = abandonedCart(add("a", 1), add("b", 30));
    const { cart, arm } = applyOrder(abandoned, order("ord_1", 20), context);
    expect([quantities(cart), cart.status, cart.cycle, arm]).toEqual([{ b: 1 }, "abandoned", 1, undefined]);
    expect(markReminded(cart, 1)?.status).toBe("reminded");
  });

  test("keeps the cycle when late facts empty and refill the cart", () => {
    const emptied = removeItem(abandonedCart(add("a", 30)), remove("a", 30), context).cart;
    expect([emptied.status, markReminded(emptied, 1)]).toEqual(["open", undefined]);
    const filled = addItem(emptied, add("b", 30), context);
    expect([filled.cart.status, filled.cart.cycle, filled.arm]).toEqual(["abandoned", 1, undefined]);
    expect(markReminded(filled.cart, 1)?.status).toBe("reminded");
  });

  test("starts another cycle when the cart is emptied and refilled afterwards", () => {
    const emptied = removeItem(abandonedCart(add("a", 1)), remove("a", 300), context).cart;
    expect([emptied.status, emptied.armed_due_ms]).toEqual(["open", null]);
    const { arm } = addItem(emptied, add("a", 400), context);
    expect(arm).toEqual({ dueMs: 500, cycle: 2, step: 2 });
  });

  test("does not remind when the cart is bought after its abandonment", () => {
    const { cart } = applyOrder(abandonedCart(add("a", 1)), order("ord_1", 300), context);
    expect(cart.status).toBe("bought");
    expect(markReminded(cart, 1)).toBeUndefined();
  });
});
