import type { AddFact, RemoveFact } from "../../../shared/rules/cart/cart-facts.ts";
import type { PlacedOrder } from "../../../shared/rules/cart/cart-memory.ts";
import { decisionTime } from "../../../shared/rules/order/facts.ts";
import type { Order } from "../../../shared/rules/order/order.ts";
import { newOrder } from "../../../shared/rules/order/order.ts";
import { decideAttempt } from "../../../shared/rules/order/payment.ts";
import { firstMoney } from "../../../shared/rules/order/payments.ts";
import { reportAttempt, reportCancelled, reportPaid } from "../../../shared/rules/order/reports.ts";
import { afterEvent, CART_IDLE_MS } from "../../test/worlds/cart-world.ts";
import type { Dice } from "../simulate/dice.ts";
import { planReported } from "./platform-steps.ts";
import type { Trip } from "./trip.ts";
import { newId, publish } from "./trip.ts";

/** The carts; the first is chosen more often. */
const CARTS = ["cart_1", "cart_1", "cart_2"] as const;
const SESSIONS = ["sess_1", "sess_2"] as const;
const PRODUCTS = ["a", "b", "c"] as const;

export function add(trip: Trip, dice: Dice): void {
  const fact = { ...factNow(trip), kind: "add", quantity: 1, product_id: dice.pick(PRODUCTS) } as const;
  visit(trip, fact, dice);
}

export function remove(trip: Trip, dice: Dice): void {
  visit(trip, { ...factNow(trip), kind: "remove", product_id: dice.pick(PRODUCTS) }, dice);
}

function visit(trip: Trip, sessionless: AddFact | RemoveFact, dice: Dice): void {
  const session_id = dice.pick(SESSIONS);
  const cart_id = dice.pick(CARTS);
  const fact = { ...sessionless, session_id };
  publish(trip, fact.id, now => {
    now.world = afterEvent(now.world, { type: "visit", cart_id, session_id, fact });
    const { kind, product_id, at_ms } = fact;
    if (kind === "add") now.log.push({ kind: "added", cart_id, product_id, at_ms });
  });
}

function factNow(trip: Trip) {
  const { nowMs, userId } = trip;
  return { id: newId(trip), at_ms: nowMs, received_at_ms: nowMs, user_id: userId };
}

export function logIn(trip: Trip): void {
  trip.userId = "usr_1";
}

/** Checks out: reads the cart and closes it in one transaction, then publishes the order. Its event may be late. */
export function checkOut(trip: Trip, dice: Dice): void {
  const cart_id = dice.pick(CARTS);
  const cart = trip.world.carts[cart_id];
  if (!cart || cart.lines.length === 0) return;
  const products = cart.lines.map(line => line.product_id);
  const order = { ...placedOrder(trip, products), cart_id };
  trip.world = afterEvent(trip.world, { type: "checkout", order });
  trip.log.push({ ...boughtBy(order), closed: { cart_id, cycle: cart.cycle } });
  trip.orders.set(order.order_id, checkoutOrder(order.order_id, trip.nowMs));
  publishOrder(trip, order);
}

/** Buys one product at our checkout without a cart: the command leaves a memory, and its event may be late. */
export function buyNow(trip: Trip, dice: Dice): void {
  const order = placedOrder(trip, [dice.pick(PRODUCTS)]);
  trip.world = afterEvent(trip.world, { type: "checkout", order });
  trip.log.push(boughtBy(order));
  publishOrder(trip, order);
}

/** Lets another system report an abandoned cart: of its own, or for a session that may have a cart here. */
export function reportAbandoned(trip: Trip, dice: Dice): void {
  const { nowMs, userId: user_id } = trip;
  const items = [{ product_id: dice.pick(PRODUCTS), quantity: 1 }];
  const session_id = dice.pick([...SESSIONS, "sess_elsewhere", "sess_elsewhere"]);
  const added_at_ms = nowMs - CART_IDLE_MS;
  const reported = { cart_id: `cart_elsewhere_${newId(trip)}`, user_id, session_id, added_at_ms, items };
  publish(trip, newId(trip), now => planReported(now, reported));
}

/** Buys in another system, whose order may name the session, the cart, or neither, and may name no items. */
export function buyElsewhere(trip: Trip, dice: Dice): void {
  const order = placedOrder(trip, dice.chance(0.1) ? [] : [dice.pick(PRODUCTS)]);
  if (dice.chance(0.3)) publishOrder(trip, order);
  else if (dice.chance(0.5)) publishOrder(trip, { ...order, session_id: dice.pick(SESSIONS) });
  else publishOrder(trip, { ...order, cart_id: dice.pick(CARTS) });
}

function boughtBy({ user_id, at_ms, product_ids }: ReturnType<typeof placedOrder>) {
  return { kind: "bought", user_id, at_ms, products: product_ids } as const;
}

function placedOrder(trip: Trip, product_ids: readonly string[]) {
  const { nowMs, userId } = trip;
  return {
    order_id: newId(trip),
    at_ms: nowMs,
    received_at_ms: nowMs,
    user_id: userId,
    product_ids,
  };
}

function publishOrder(trip: Trip, order: PlacedOrder & ReturnType<typeof placedOrder>): void {
  const items = order.product_ids.map(product_id => ({ product_id, quantity: 1 }));
  publish(trip, order.order_id, now => {
    now.world = afterEvent(now.world, { type: "placed", order, items });
    now.log.push(boughtBy(order));
  });
}

function checkoutOrder(orderId: string, atMs: number): Order {
  return { ...newOrder(orderId, { currency: "USD", atMs }), source: "checkout", total_minor: 100 };
}

/** Pays, or fails to pay. A failure is published, and its reaction may cancel the order. */
export function pay(trip: Trip, dice: Dice): void {
  const order = [...trip.orders.values()].find(({ state }) => state === "placed");
  if (!order) return;
  const outcome = dice.chance(0.5) ? "paid" : "failed";
  const attempt = { attempt_id: newId(trip), outcome, at_ms: decisionTime(order, trip.nowMs) } as const;
  if (decideAttempt(order, attempt).kind !== "new") return;
  const tried = reportAttempt(order, attempt);
  const { order_id } = order;
  const { attempt_id, at_ms } = attempt;
  const paid = { attempt_id, amount_minor: 100, currency: "USD", at_ms, event_id: attempt_id };
  trip.orders.set(order_id, outcome === "paid" ? reportPaid(tried, paid) : tried);
  if (outcome === "paid") return;
  publish(trip, attempt_id, now => {
    const known = now.orders.get(order_id);
    if (!known || firstMoney(known)) return;
    const failed = reportCancelled(known, { at_ms, event_id: attempt_id, attempt_id });
    now.orders.set(order_id, failed);
    if (failed.cancelled) now.world = afterEvent(now.world, { type: "cancelled", order_id });
  });
}
