/**
 * A shop in memory, for tests of the cart rules. The shop holds carts, sessions, shoppers and stock as documents, and
 * the outstanding tasks. The functions below do the work of the reactions `carts` and `inventory`, of checkout and of
 * the timer `abandon-cart`. No I/O takes place.
 */

import type { Cart, CartChange, TimerTask } from "../../../shared/rules/cart/cart.ts";
import {
  addItem,
  applyOrder,
  checkoutCart,
  emptyCart,
  removeItem,
  withOrders,
} from "../../../shared/rules/cart/cart.ts";
import type { AddFact, RemoveFact } from "../../../shared/rules/cart/cart-facts.ts";
import type {
  OrderRoute,
  PlacedOrder,
  SessionMemory,
  ShopperMemory,
} from "../../../shared/rules/cart/cart-memory.ts";
import {
  EMPTY_SESSION,
  EMPTY_SHOPPER,
  routeOrder,
  routeVisit,
} from "../../../shared/rules/cart/cart-memory.ts";
import type { AbandonDecision } from "../../../shared/rules/cart/cart-timer.ts";
import { fireAbandon } from "../../../shared/rules/cart/cart-timer.ts";
import type { StockItem, StockMove } from "../../../shared/rules/stock/stock.ts";
import { followClaim } from "../../../shared/rules/stock/stock.ts";

/** Time without activity after which a cart is abandoned in this world. */
export const CART_IDLE_MS = 20;

export type ShopEvent =
  | { type: "visit"; cart_id: string; session_id: string; fact: AddFact | RemoveFact }
  | { type: "placed"; order: PlacedOrder; items: StockItem[] }
  | { type: "checkout"; order: PlacedOrder }
  | { type: "cancelled"; order_id: string };

export interface CartWorld {
  carts: Record<string, Cart>;
  sessions: Record<string, SessionMemory>;
  shoppers: Record<string, ShopperMemory>;
  orders: Record<string, OrderFacts>;
  moves: Record<string, StockMove>;
  stock: Record<string, number>;
  tasks: (TimerTask & { cart_id: string; dueMs: number })[];
  abandoned: { cart_id: string; cycle: number; last_activity_ms: number; product_ids: string[] }[];
}

/** The facts of an order that decide about its stock. */
interface OrderFacts {
  revision: number;
  /** Undefined: the order is not placed yet. */
  items?: StockItem[];
  isCancelled: boolean;
}

export function emptyWorld(): CartWorld {
  return {
    carts: {},
    sessions: {},
    shoppers: {},
    orders: {},
    moves: {},
    stock: {},
    tasks: [],
    abandoned: [],
  };
}

const worldContext = { idleMs: CART_IDLE_MS };

/** Applies an event. The result is a new world; the world that was passed in stays as it was. */
export function afterEvent(before: CartWorld, event: ShopEvent): CartWorld {
  const world = structuredClone(before);
  if (event.type === "visit") applyVisit(world, event);
  if (event.type === "placed") applyPlaced(world, event);
  if (event.type === "checkout") applyCheckout(world, event.order);
  if (event.type === "cancelled") changeOrder(world, event.order_id, { isCancelled: true });
  return world;
}

/** Applies events to an empty world, in the given order of arrival. */
export function afterEvents(events: readonly ShopEvent[]): CartWorld {
  return events.reduce(afterEvent, emptyWorld());
}

/**
 * Runs a task.
 * @returns a new world and the decision of the task
 */
export function afterTask(
  before: CartWorld,
  task: CartWorld["tasks"][number],
  { nowMs, heldBack }: { nowMs: number; heldBack?: { retryAtMs: number } },
): { world: CartWorld; decision: AbandonDecision } {
  const world = structuredClone(before);
  world.tasks = world.tasks.filter(other => other.cart_id !== task.cart_id || other.step !== task.step);
  const change = caughtUp(world, world.carts[task.cart_id] ?? emptyCart(task.cart_id));
  const { cart } = change;
  const decision = fireAbandon(cart, { task, nowMs, ...worldContext, heldBack });
  writeCart(world, decision.kind === "stale" ? change : decision);
  if (decision.kind === "abandon") {
    const { cart_id, cycle, items } = decision.event.payload;
    const product_ids = items.map(item => item.product_id);
    world.abandoned.push({ cart_id, cycle, last_activity_ms: cart.last_activity_ms, product_ids });
  }
  return { world, decision };
}

function applyVisit(world: CartWorld, { cart_id, session_id, fact }: ShopEvent & { type: "visit" }): void {
  const cart = world.carts[cart_id] ?? emptyCart(cart_id);
  const userIds = [...new Set([...cart.user_ids, ...(fact.user_id ? [fact.user_id] : [])])];
  const shoppers = userIds.map(id => world.shoppers[id] ?? EMPTY_SHOPPER);
  const route = routeVisit(cart_id, world.sessions[session_id] ?? EMPTY_SESSION, shoppers);
  world.sessions[session_id] = route.session;
  route.shoppers.forEach((shopper, index) => {
    world.shoppers[userIds[index] ?? ""] = shopper;
  });
  const context = { ...worldContext, orders: route.orders };
  writeCart(world, fact.kind === "add" ? addItem(cart, fact, context) : removeItem(cart, fact, context));
}

function applyPlaced(world: CartWorld, { order, items }: ShopEvent & { type: "placed" }): void {
  changeOrder(world, order.order_id, { items });
  const route = writeMemories(world, order);
  for (const id of route.cartIds) {
    const cart = world.carts[id] ?? (order.cart_id === id ? emptyCart(id) : undefined);
    if (cart) writeCart(world, applyOrder(cart, route.order, worldContext));
  }
}

/** Commits the command: the memory, and the cart that the command names. The reaction `carts` closes the other carts. */
function applyCheckout(world: CartWorld, order: PlacedOrder): void {
  const route = writeMemories(world, order);
  if (order.cart_id === undefined) return;
  const cart = world.carts[order.cart_id] ?? emptyCart(order.cart_id);
  writeCart(world, checkoutCart(cart, route.order, worldContext));
}

function writeMemories(world: CartWorld, order: PlacedOrder): OrderRoute {
  const { session_id, user_id } = order;
  const route = routeOrder(order, {
    session: session_id === undefined ? undefined : (world.sessions[session_id] ?? EMPTY_SESSION),
    shopper: user_id === undefined ? undefined : (world.shoppers[user_id] ?? EMPTY_SHOPPER),
  });
  if (route.session && session_id !== undefined) world.sessions[session_id] = route.session;
  if (route.shopper && user_id !== undefined) world.shoppers[user_id] = route.shopper;
  return route;
}

/** Returns a cart together with the orders that its users and sessions remember. */
export function caughtUp(world: CartWorld, cart: Cart): CartChange {
  const users = cart.user_ids.flatMap(id => world.shoppers[id]?.orders ?? []);
  const sessions = cart.session_ids.flatMap(id => world.sessions[id]?.orders ?? []);
  return withOrders(cart, [...users, ...sessions], worldContext);
}

/** Changes an order as its owner does. Stock follows the next revision of the order. */
function changeOrder(world: CartWorld, orderId: string, change: Partial<OrderFacts>): void {
  const before = world.orders[orderId] ?? { revision: 0, isCancelled: false };
  const order = { ...before, ...change, revision: before.revision + 1 };
  world.orders[orderId] = order;
  const { revision, isCancelled, items = [] } = order;
  const fact = { order_id: orderId, revision, held: isCancelled ? [] : items };
  const stocked = new Set(items.map(({ product_id }) => product_id));
  const decision = followClaim(world.moves[orderId], fact, stocked);
  if (decision.kind === "unchanged") return;
  world.moves[orderId] = decision.move;
  for (const { product_id, delta } of decision.deltas) {
    world.stock[product_id] = (world.stock[product_id] ?? 0) + delta;
  }
}

function writeCart(world: CartWorld, { cart, arm }: CartChange): void {
  world.carts[cart.cart_id] = cart;
  if (arm) world.tasks.push({ cart_id: cart.cart_id, ...arm });
}
