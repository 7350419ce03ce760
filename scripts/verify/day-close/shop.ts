import { DAY_MS, HOUR_MS } from "../../../shared/values/durations.ts";
import type { DayCloseWorld } from "../../test/worlds/day-close.ts";
import { dayCloseWorld } from "../../test/worlds/day-close.ts";

/** Starts a shop whose busy day is over. Every cart of the day is given up, so no timer is armed any more. */
export async function shopAfterBusyDay(): Promise<DayCloseWorld> {
  const world = await dayCloseWorld(liveBusyDay);
  // No recommendations are made two days later, and no reminder waits any more.
  await world.advanceUnswept(2 * DAY_MS);
  await world.settle();
  return world;
}

const LAMP = { product_id: "lamp", quantity: 1, unit_price: 20 };

/** Sends the events and commands of a busy day: every kind of document comes about, most of them several times. */
async function liveBusyDay(world: DayCloseWorld): Promise<void> {
  await openShop(world);
  await browse(world);
  await sellHere(world);
  await sellElsewhere(world);
  await buyCarts(world);
  await review(world);
  await world.settle();
}

async function openShop({ send, settle }: DayCloseWorld): Promise<void> {
  await send("PUT", "/products/lamp", { name: "Lamp", price: 20, stock: 40, category: "light" });
  await send("PUT", "/products/chair", { name: "Chair", price: 50, stock: 30, threshold: 24 });
  await send("PUT", "/products/rug", { name: "Rug", price: 35, stock: 25 });
  await send("POST", "/products/lamp/stock", { delta: 5, reason: "delivered" });
  await send("POST", "/products/rug/stock", { delta: -2, reason: "damaged" });
  await settle();
}

async function browse({ report, settle, advanceUnswept }: DayCloseWorld): Promise<void> {
  for (const [user, product_id] of [
    ["usr_1", "lamp"],
    ["usr_2", "lamp"],
    ["usr_2", "chair"],
  ])
    await report({ event_type: "product.viewed", user_id: user, payload: { product_id } });
  await report({ event_type: "search.performed", user_id: "usr_1", payload: { query: "Desk lamp" } });
  for (const user_id of ["usr_1", "usr_5", "usr_6"]) {
    const added = { event_type: "cart.item_added", user_id, session_id: `s_${user_id}` };
    await report({ ...added, payload: LAMP });
    await report({ ...added, payload: { ...LAMP, product_id: "rug", quantity: 2, unit_price: 35 } });
  }
  const gone = { event_type: "cart.item_removed", user_id: "usr_6", session_id: "s_usr_6" };
  await report({ ...gone, payload: { product_id: "rug", quantity: 1 } });
  // A named cart that the user empties, fills again and shares between two sessions.
  for (const [event_type, session_id, payload] of [
    ["cart.item_added", "s_first", { ...LAMP, quantity: 3 }],
    ["cart.item_removed", "s_first", { product_id: "lamp" }],
    ["cart.item_added", "s_second", { ...LAMP, product_id: "chair", unit_price: 50 }],
    ["cart.item_added", "s_second", { ...LAMP, quantity: 2 }],
  ] as const)
    await report({
      event_type,
      user_id: "usr_8",
      session_id,
      payload: { ...payload, cart_id: "cart_shared" },
    });
  await settle();
  await advanceUnswept(HOUR_MS);
}

/** Buys carts: one through our checkout, one in part and one as a whole through another system. */
async function buyCarts({ send, report, settle }: DayCloseWorld): Promise<void> {
  for (const user_id of ["usr_9", "usr_10", "usr_11"])
    for (const product_id of ["lamp", "rug"])
      await report({
        event_type: "cart.item_added",
        ...{ user_id, session_id: `s_${user_id}`, payload: { ...LAMP, product_id } },
      });
  await settle();
  const items = [{ product_id: "lamp", quantity: 1 }];
  await send("POST", "/orders", { user_id: "usr_9", cart_id: "cart_s_usr_9", items });
  const placed = (user_id: string, order_id: string, payload: object) =>
    report({ event_type: "order.placed", user_id, order_id, session_id: `s_${user_id}`, payload });
  await placed("usr_10", "ord_cart_part", { items: [LAMP], total: 20 });
  await placed("usr_11", "ord_cart_whole", { items: [LAMP, { ...LAMP, product_id: "rug" }], total: 40 });
  await settle();
}

/** Orders of our checkout: placed, paid, partly refunded, refunded, cancelled, failed and dispatched ones. */
async function sellHere({ send, order, settle }: DayCloseWorld): Promise<void> {
  const ids: string[] = [];
  for (const [user, product_id, quantity] of [
    ["usr_1", "lamp", 2],
    ["usr_1", "chair", 1],
    ["usr_2", "chair", 3],
    ["usr_2", "rug", 2],
    ["usr_3", "lamp", 1],
    ["usr_3", "rug", 1],
    ["usr_4", "chair", 2],
  ] as const)
    ids.push(await order(user, [{ product_id, quantity }]));
  await settle();
  const [sent = "", , part = "", whole = "", cancelled = "", failed = ""] = ids;
  for (const id of ids.filter(one => one !== failed && one !== ids[1]))
    await send("POST", `/orders/${id}/payments`, { attempt_id: `a_${id}`, status: "paid" });
  await settle();
  await send("POST", `/orders/${part}/refunds`, { items: [{ product_id: "chair", quantity: 1 }] });
  await send("POST", `/orders/${whole}/refunds`, {});
  await send("POST", `/orders/${cancelled}/cancel`, { reason: "changed my mind" });
  await send("POST", `/orders/${failed}/payments`, { attempt_id: "a_failed", status: "failed" });
  await settle();
  await send("POST", `/orders/${sent}/dispatch`, {});
  await settle();
}

/** Orders that other systems report, one of them of a guest, one in another currency. */
async function sellElsewhere({ report, settle }: DayCloseWorld): Promise<void> {
  const placed = (user_id: string | undefined, order_id: string, payload: object) =>
    report({ event_type: "order.placed", user_id, order_id, payload });
  await placed("usr_4", "ord_shopped", { items: [LAMP], total: 20, payment_status: "confirmed" });
  await placed("usr_7", "ord_euro", { items: [{ ...LAMP, quantity: 2 }], total: 40, currency: "EUR" });
  await placed("usr_7", "ord_later", { items: [{ ...LAMP, product_id: "chair" }], total: 50 });
  await settle();
  const paid = { amount: 40, currency: "EUR", payment_id: "pay_euro" };
  await report({ event_type: "order.paid", user_id: "usr_7", order_id: "ord_euro", payload: paid });
  await report({ event_type: "user.signed_up", user_id: "usr_7", payload: { email: "seven@x.test" } });
  await settle();
}

async function review({ send, settle }: DayCloseWorld): Promise<void> {
  for (const [user_id, product, rating, comment] of [
    ["usr_1", "lamp", 4, "Bright"],
    ["usr_2", "lamp", 2, "Dim in the corner"],
    ["usr_2", "chair", 5, "Soft"],
    ["usr_3", "chair", 1, "Visit http://spam.example now"],
  ] as const)
    await send("POST", `/products/${product}/reviews`, { user_id, rating, comment });
  await settle();
}
