/**
 * What sessions and shoppers remember, so that an order finds the carts it closes although cart events may
 * arrive after it. Two documents: `sessions/{session_id}` and `shoppers/{user_id}`.
 */
import type { OrderFact } from "./cart-facts.ts";
import { weightOf } from "./cart-facts.ts";

/** The document of a user, as far as carts go. */
export interface ShopperMemory {
  /** Latest last. */
  cart_ids: string[];
  orders: OrderFact[];
  /** Orders up to this time were too many to keep. */
  forgotten_until_ms: number;
}

/** The document of a session. Guests have one too. */
export interface SessionMemory {
  cart_ids: string[];
  orders: OrderFact[];
  forgotten_until_ms: number;
  /** When its first cart event happened. Null: none was heard yet. */
  first_at_ms: number | null;
}

export const EMPTY_SHOPPER: ShopperMemory = Object.freeze({
  cart_ids: [],
  orders: [],
  forgotten_until_ms: Number.MIN_SAFE_INTEGER,
});
export const EMPTY_SESSION: SessionMemory = Object.freeze({ ...EMPTY_SHOPPER, first_at_ms: null });

/**
 * Orders kept, counted as 1 + the products they name: some 250 usual orders, far below 1 MiB. The oldest go
 * first, by the time they happened, so that what is kept does not depend on the order of arrival.
 */
export const MAX_ORDER_WEIGHT = 1000;
/** Carts that an order without a cart is tried on: more would make its transaction long for no shopper we know. */
export const MAX_CARTS = 20;

/** What an order.placed says about carts. */
export interface PlacedOrder {
  order_id: string;
  /** happenedAtMs */
  at_ms: number;
  received_at_ms: number;
  product_ids: readonly string[];
  cart_id?: string;
  session_id?: string;
  user_id?: string;
}

/** What is stored about an order's session and user; whatever the order does not name is absent. */
export interface Memories {
  session?: SessionMemory;
  shopper?: ShopperMemory;
}

export interface OrderRoute extends Memories {
  /** Hand this to applyOrder for each of the carts. */
  order: OrderFact;
  cartIds: string[];
}

/**
 * An order closes the cart it names; else the carts of the session it names; else its user's carts that held
 * an ordered item. It is always remembered. Undefined: another report of this order came first, and the first
 * one wins. Carts that are not stored yet need no write, except the one it names.
 */
export function routeOrder(placed: PlacedOrder, memories: Memories): OrderRoute | undefined {
  const { session, shopper } = memories;
  if (knows(session, placed.order_id) || knows(shopper, placed.order_id)) return undefined;
  const order = orderFact(placed, session);
  return {
    order,
    cartIds:
      placed.cart_id === undefined
        ? [...new Set([...(session?.cart_ids ?? []), ...(shopper?.cart_ids ?? [])])]
        : [placed.cart_id],
    ...(session && { session: rememberOrder(session, order) }),
    ...(shopper && { shopper: rememberOrder(shopper, order) }),
  };
}

export interface CartVisit {
  cart_id: string;
  at_ms: number;
}

export interface VisitRoute {
  session: SessionMemory;
  shoppers: ShopperMemory[];
  /** Context for addItem or removeItem. */
  orders: OrderFact[];
  /**
   * Orders that fell to their user's carts because their session had none, and now turn out to have had one.
   * Rare. Hand each to applyOrder for the other carts of its user, and to rememberOrder for that user.
   */
  found: OrderFact[];
}

/**
 * cart.item_added or cart.item_removed: links the cart to its session and shoppers, and brings along the
 * orders they remember. Shoppers are the event's user and those the cart already has (`cart.user_ids`).
 */
export function routeVisit(
  visit: CartVisit,
  session: SessionMemory,
  shoppers: readonly ShopperMemory[],
): VisitRoute {
  const first = Math.min(visit.at_ms, session.first_at_ms ?? visit.at_ms);
  const found = session.orders
    .filter(order => order.names === "session" && !order.session_found && first <= order.at_ms)
    .map((order): OrderFact => ({ ...order, session_found: true }));
  const remembered = found.reduce(rememberOrder, { ...session, first_at_ms: first });
  const linked = rememberCart(remembered, visit.cart_id);
  const visited = shoppers.map(shopper => {
    const known = found.filter(order => knows(shopper, order.id));
    return rememberCart(known.reduce(rememberOrder, shopper), visit.cart_id);
  });
  const orders = [...linked.orders, ...visited.flatMap(shopper => shopper.orders)];
  return {
    session: linked,
    shoppers: visited,
    orders: orders.filter(order => order.names !== "cart"),
    found: found.filter(order => order.user_id !== undefined),
  };
}

/** The cart of an event that names none: its session's own, always the same, whatever arrived before. */
export function cartIdOf(event: { cart_id?: string; session_id: string }): string {
  const prefixed = `cart_${event.session_id}`;
  return event.cart_id ?? (prefixed.length <= MAX_ID_LENGTH ? prefixed : event.session_id);
}

/** Of any id in the catalogue. */
const MAX_ID_LENGTH = 128;

/** Also replaces an order by the same one with its session found. */
export function rememberOrder<M extends Pick<ShopperMemory, "orders" | "forgotten_until_ms">>(
  memory: M,
  order: OrderFact,
): M {
  const known = memory.orders.find(other => other.id === order.id);
  if (known ? known.session_found || !order.session_found : order.at_ms <= memory.forgotten_until_ms) {
    return memory;
  }
  const newestFirst = [...memory.orders.filter(other => other !== known), order].sort(
    (a, b) => b.at_ms - a.at_ms || (a.id < b.id ? -1 : 1),
  );
  let weight = 0;
  const overflow = newestFirst.find((other, index) => {
    weight += weightOf(other);
    return index > 0 && weight > MAX_ORDER_WEIGHT;
  });
  // Kept in the document: a small old order must not slip into the room that a big newer one left.
  const forgotten_until_ms = Math.max(memory.forgotten_until_ms, overflow?.at_ms ?? Number.MIN_SAFE_INTEGER);
  return {
    ...memory,
    forgotten_until_ms,
    orders: newestFirst.filter(kept => kept.at_ms > forgotten_until_ms),
  };
}

function rememberCart<M extends { cart_ids: string[] }>(memory: M, cartId: string): M {
  if (memory.cart_ids.at(-1) === cartId) return memory;
  return { ...memory, cart_ids: [...memory.cart_ids.filter(id => id !== cartId), cartId].slice(-MAX_CARTS) };
}

function knows(memory: { orders: OrderFact[] } | undefined, orderId: string): boolean {
  return memory?.orders.some(order => order.id === orderId) ?? false;
}

function orderFact(placed: PlacedOrder, session: SessionMemory | undefined): OrderFact {
  const { order_id, at_ms, received_at_ms, cart_id, session_id, user_id } = placed;
  const byOthers = session_id === undefined ? "user" : "session";
  const names = cart_id === undefined ? byOthers : "cart";
  const first = session?.first_at_ms ?? null;
  return {
    kind: "order",
    id: order_id,
    at_ms,
    received_at_ms,
    names,
    product_ids: names === "cart" ? [] : [...new Set(placed.product_ids)],
    ...(session_id === undefined ? {} : { session_id }),
    ...(user_id === undefined ? {} : { user_id }),
    ...(names === "session" && first !== null && first <= at_ms ? { session_found: true as const } : {}),
  };
}
