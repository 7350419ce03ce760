/**
 * Carts, sessions, shoppers and stock as documents in memory, and the tasks that are out: what the reactions
 * `carts` and `inventory`, the command checkout and the timer abandon-cart do with the rules, without I/O.
 */

import type { Cart, CartChange, TimerTask } from "../../../shared/rules/cart/cart.ts";
import { addItem, applyOrder, checkoutCart, emptyCart, removeItem } from "../../../shared/rules/cart/cart.ts";
import type { AddFact, RemoveFact } from "../../../shared/rules/cart/cart-facts.ts";
import type { PlacedOrder, SessionMemory, ShopperMemory } from "../../../shared/rules/cart/cart-memory.ts";
import {
  EMPTY_SESSION,
  EMPTY_SHOPPER,
  rememberOrder,
  routeOrder,
  routeVisit,
} from "../../../shared/rules/cart/cart-memory.ts";
import type { AbandonDecision } from "../../../shared/rules/cart/cart-timer.ts";
import { fireAbandon } from "../../../shared/rules/cart/cart-timer.ts";
import type { StockDecision, StockItem, StockMove } from "../../../shared/rules/stock/stock.ts";
import { decideCancelled, decidePlaced } from "../../../shared/rules/stock/stock.ts";

export const IDLE_MS = 20;

export type ShopEvent =
  | { type: "visit"; cart_id: string; session_id: string; fact: AddFact | RemoveFact }
  | { type: "placed"; order: PlacedOrder; items: StockItem[] }
  | { type: "checkout"; order: PlacedOrder & { cart_id: string } }
  | { type: "cancelled"; order_id: string };

export interface World {
  carts: Record<string, Cart>;
  sessions: Record<string, SessionMemory>;
  shoppers: Record<string, ShopperMemory>;
  moves: Record<string, StockMove>;
  stock: Record<string, number>;
  tasks: (TimerTask & { cart_id: string; dueMs: number })[];
  abandoned: { cart_id: string; cycle: number; last_activity_ms: number; product_ids: string[] }[];
}

export function emptyWorld(): World {
  return { carts: {}, sessions: {}, shoppers: {}, moves: {}, stock: {}, tasks: [], abandoned: [] };
}

const context = { idleMs: IDLE_MS };

/** A new world; the one that was passed in stays as it was. */
export function after(before: World, event: ShopEvent): World {
  const world = structuredClone(before);
  if (event.type === "visit") visit(world, event);
  if (event.type === "placed") placed(world, event);
  if (event.type === "checkout") checkout(world, event.order);
  if (event.type === "cancelled") {
    move(world, event.order_id, decideCancelled(world.moves[event.order_id], event.order_id));
  }
  return world;
}

export function afterAll(events: readonly ShopEvent[]): World {
  return events.reduce(after, emptyWorld());
}

/** The world after a task, and what the task decided. */
export function afterTask(
  before: World,
  task: World["tasks"][number],
  { nowMs, heldBack }: { nowMs: number; heldBack?: { retryAtMs: number } },
): { world: World; decision: AbandonDecision } {
  const world = structuredClone(before);
  world.tasks = world.tasks.filter(other => other.cart_id !== task.cart_id || other.step !== task.step);
  const cart = world.carts[task.cart_id] ?? emptyCart(task.cart_id);
  const decision = fireAbandon(cart, { task, nowMs, ...context, ...(heldBack && { heldBack }) });
  if (decision.kind === "re-arm") write(world, decision);
  if (decision.kind === "abandon") {
    write(world, decision);
    const { cart_id, cycle, items } = decision.event.payload;
    const product_ids = items.map(item => item.product_id);
    world.abandoned.push({ cart_id, cycle, last_activity_ms: cart.last_activity_ms, product_ids });
  }
  return { world, decision };
}

function visit(world: World, { cart_id, session_id, fact }: ShopEvent & { type: "visit" }): void {
  const cart = world.carts[cart_id] ?? emptyCart(cart_id);
  const userIds = [...new Set([...cart.user_ids, ...(fact.user_id ? [fact.user_id] : [])])];
  const shoppers = userIds.map(id => world.shoppers[id] ?? EMPTY_SHOPPER);
  const route = routeVisit(
    { cart_id, at_ms: fact.at_ms },
    world.sessions[session_id] ?? EMPTY_SESSION,
    shoppers,
  );
  world.sessions[session_id] = route.session;
  route.shoppers.forEach((shopper, index) => {
    world.shoppers[userIds[index] ?? ""] = shopper;
  });
  const heard = { ...context, orders: route.orders };
  write(world, fact.kind === "add" ? addItem(cart, fact, heard) : removeItem(cart, fact, heard));
  for (const order of route.found) {
    const shopper = rememberOrder(world.shoppers[order.user_id ?? ""] ?? EMPTY_SHOPPER, order);
    world.shoppers[order.user_id ?? ""] = shopper;
    for (const id of shopper.cart_ids) {
      const other = world.carts[id];
      if (other) write(world, applyOrder(other, order, context));
    }
  }
}

function placed(world: World, { order, items }: ShopEvent & { type: "placed" }): void {
  const stocked = new Set(items.map(item => item.product_id));
  const { order_id } = order;
  move(world, order_id, decidePlaced(world.moves[order_id], { order_id, items }, stocked));
  const route = remember(world, order);
  for (const id of route?.cartIds ?? []) {
    const cart = world.carts[id] ?? (order.cart_id === undefined ? undefined : emptyCart(id));
    if (cart && route) write(world, applyOrder(cart, route.order, context));
  }
}

function checkout(world: World, order: PlacedOrder & { cart_id: string }): void {
  remember(world, order);
  write(world, checkoutCart(world.carts[order.cart_id] ?? emptyCart(order.cart_id), order, context));
}

function remember(world: World, order: PlacedOrder): ReturnType<typeof routeOrder> {
  const { session_id, user_id } = order;
  const route = routeOrder(order, {
    ...(session_id === undefined ? {} : { session: world.sessions[session_id] ?? EMPTY_SESSION }),
    ...(user_id === undefined ? {} : { shopper: world.shoppers[user_id] ?? EMPTY_SHOPPER }),
  });
  if (route?.session && session_id !== undefined) world.sessions[session_id] = route.session;
  if (route?.shopper && user_id !== undefined) world.shoppers[user_id] = route.shopper;
  return route;
}

function move(world: World, orderId: string, decision: StockDecision): void {
  if (decision.kind === "unchanged") return;
  world.moves[orderId] = decision.move;
  for (const { product_id, delta } of decision.deltas) {
    world.stock[product_id] = (world.stock[product_id] ?? 0) + delta;
  }
}

function write(world: World, { cart, arm }: CartChange): void {
  world.carts[cart.cart_id] = cart;
  if (arm) world.tasks.push({ cart_id: cart.cart_id, ...arm });
}
