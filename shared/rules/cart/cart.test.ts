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
import { afterEvents, caughtUp } from "../../../scripts/test/worlds/cart-world.ts";
import type { Cart } from "./cart.ts";
import { addItem, applyOrder, checkoutCart, emptyCart, removeItem } from "./cart.ts";
import type { AddFact } from "./cart-facts.ts";
import type { PlacedOrder } from "./cart-memory.ts";
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
    const { cart } = checkoutCart(read, order("ord_1", 10, { product_ids: ["a"] }), context);
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

const user_id = "usr_1";
const phone = (fact: AddFact) => visit("cart_1", "sess_1", { ...fact, user_id });
const laptop = (fact: AddFact) => visit("cart_2", "sess_2", { ...fact, user_id });
const byUser = (order_id: string, at_ms: number, more: Partial<PlacedOrder> = {}): ShopEvent => ({
  type: "placed",
  items: [],
  order: { order_id, at_ms, received_at_ms: at_ms, product_ids: ["a"], user_id, ...more },
});
const held = (events: readonly ShopEvent[]) => {
  const { carts } = afterEvents(events);
  return [quantities(carts["cart_1"]), quantities(carts["cart_2"])];
};

describe("orders and the carts of their user", () => {
  test.each<[string, Partial<PlacedOrder>]>([
    ["the user alone", {}],
    ["one cart", { cart_id: "cart_2" }],
    ["one session", { session_id: "sess_2" }],
    ["a session without a cart", { session_id: "sess_9" }],
    ["a cart that is not kept", { cart_id: "cart_9" }],
  ])("covers what it contains in every cart when it names %s", (_name, more) => {
    const adds = [phone(add("a", 1)), phone(add("b", 2)), laptop(add("a", 3)), laptop(add("c", 3))];
    const left = [{ b: 1 }, { c: 1 }];
    expect(held([...adds, byUser("ord_1", 5, more)])).toEqual(left);
    expect(held([byUser("ord_1", 5, more), ...adds])).toEqual(left);
    expect(
      held([adds[3], adds[0], byUser("ord_1", 5, more), adds[2], adds[1]].flatMap(one => one ?? [])),
    ).toEqual(left);
  });

  test("covers every line when it names no items", () => {
    const adds = [phone(add("a", 1)), laptop(add("b", 2)), laptop(add("c", 9))];
    expect(held([...adds, byUser("ord_1", 5, { product_ids: [] })])).toEqual([{}, { c: 1 }]);
    expect(held([byUser("ord_1", 5, { product_ids: [] }), ...adds])).toEqual([{}, { c: 1 }]);
  });

  test("covers a guest's lines in its session and its cart only", () => {
    const guest = [
      visit("cart_1", "sess_1", add("a", 1)),
      visit("cart_1", "sess_1", add("b", 1)),
      visit("cart_2", "sess_2", add("a", 1)),
    ];
    const session = byUser("ord_1", 5, { user_id: undefined, session_id: "sess_1" });
    const cart = byUser("ord_2", 5, { user_id: undefined, cart_id: "cart_2" });
    expect(held([...guest, session])).toEqual([{ b: 1 }, { a: 1 }]);
    expect(held([session, cart, ...guest])).toEqual([{ b: 1 }, {}]);
  });

  test("takes the guest's lines when the guest logs in later", () => {
    const guest = visit("cart_1", "sess_1", add("a", 1));
    const { carts } = afterEvents([guest, byUser("ord_1", 5), phone(add("b", 7))]);
    expect(quantities(carts["cart_1"])).toEqual({ b: 1 });
  });

  test("leaves the carts of other users alone", () => {
    const other = visit("cart_1", "sess_1", add("a", 1, { user_id: "usr_2" }));
    expect(held([other, laptop(add("a", 1)), byUser("ord_1", 5, { session_id: "sess_2" })])).toEqual([
      { a: 1 },
      {},
    ]);
  });

  test("remembers a checkout for the user's other carts before its event arrives", () => {
    const checkout: ShopEvent = {
      type: "checkout",
      order: {
        order_id: "ord_1",
        at_ms: 5,
        received_at_ms: 5,
        product_ids: ["a"],
        user_id,
        cart_id: "cart_2",
      },
    };
    const bought = [
      phone(add("a", 1)),
      phone(add("b", 1)),
      laptop(add("a", 2)),
      laptop(add("d", 2)),
      checkout,
    ];
    const before = afterEvents(bought);
    expect(quantities(before.carts["cart_2"])).toEqual({});
    expect(quantities(caughtUp(before, before.carts["cart_1"] ?? emptyCart("cart_1")).cart)).toEqual({
      b: 1,
    });
    const report = byUser("ord_1", 9, { product_ids: ["a", "b"] });
    expect(held([...bought, report, report])).toEqual([{ b: 1 }, {}]);
  });

  test("covers an unread add only when its product was ordered", () => {
    const order = { order_id: "ord_1", at_ms: 5, received_at_ms: 5, product_ids: ["a"], user_id };
    const checkout: ShopEvent = { type: "checkout", order: { ...order, cart_id: "cart_1" } };
    expect(held([phone(add("a", 1)), checkout, phone(add("a", 2)), phone(add("b", 3))])).toEqual([
      { b: 1 },
      {},
    ]);
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

  test("keeps the reminder when an order covers no line of the cart", () => {
    const abandoned = abandonedCart(add("a", 1), add("b", 3));
    const other = { ...order("ord_1", 200), product_ids: ["z"], received_at_ms: 300 };
    const { cart, arm } = applyOrder(abandoned, other, context);
    expect([cart.status, cart.cycle, cart.step, arm]).toEqual(["abandoned", 1, abandoned.step, undefined]);
    expect(markReminded(cart, 1)?.status).toBe("reminded");
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

  test("starts another cycle when checkout did not read a late add", () => {
    const abandoned = abandonedCart(add("a", 30));
    const { cart } = checkoutCart(abandoned, order("ord_1", 300, { product_ids: ["a"] }), context);
    const late = addItem(cart, add("b", 30), context);
    expect([cart.status, late.cart.status, late.cart.cycle]).toEqual(["bought", "open", 2]);
    expect(markReminded(late.cart, 1)).toBeUndefined();
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
