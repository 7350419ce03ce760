/**
 * The memory of sessions and shoppers. An order finds the carts that it closes through this memory, even when cart
 * events arrive after the order. The memory is two documents: `sessions/{session_id}` and `shoppers/{user_id}`.
 */
import type { OrderFact } from "./cart-facts.ts";
import { weightOf } from "./cart-facts.ts";

/** The document `shoppers/{user_id}`: the carts and orders of a user. */
export interface ShopperMemory {
  /** Carts of the user, latest last, at most MAX_CARTS. */
  cart_ids: string[];
  orders: OrderFact[];
  /** Time up to which orders are no longer kept, because there were too many. */
  forgotten_until_ms: number;
}

/** The document `sessions/{session_id}`. A guest has a session too. */
export interface SessionMemory {
  cart_ids: string[];
  orders: OrderFact[];
  forgotten_until_ms: number;
  /** Time of the session's first cart event. Null: no cart event was received yet. */
  first_at_ms: number | null;
}

export const EMPTY_SHOPPER: ShopperMemory = Object.freeze({
  cart_ids: [],
  orders: [],
  forgotten_until_ms: Number.MIN_SAFE_INTEGER,
});
export const EMPTY_SESSION: SessionMemory = Object.freeze({ ...EMPTY_SHOPPER, first_at_ms: null });

/**
 * Max weight of the orders kept: about 250 usual orders, far below 1 MiB. An order weighs 1 + the products that it
 * names. The oldest by their own time go first, so the order of arrival plays no part.
 */
export const MAX_ORDER_WEIGHT = 1000;
/** Max carts kept, and so the carts that an order without a cart is applied to. More would slow its transaction. */
export const MAX_CARTS = 20;

/** The fields of an order.placed that concern carts. */
export interface PlacedOrder {
  order_id: string;
  /** Time of the event by happenedAtMs. */
  at_ms: number;
  received_at_ms: number;
  product_ids: readonly string[];
  cart_id?: string;
  session_id?: string;
  user_id?: string;
}

/** The stored memory of an order's session and user. Absent when the order names no session or no user. */
export interface Memories {
  session?: SessionMemory;
  shopper?: ShopperMemory;
}

export interface OrderRoute extends Memories {
  /** The fact to pass to applyOrder. */
  order: OrderFact;
  /** The carts to apply the order to. */
  cartIds: string[];
}

/**
 * Finds the carts that an order may close. They are the cart that the order names, or else those of its session and
 * user. The order's `names` decides which of them applyOrder closes. The order is always remembered. A cart without a
 * document needs no write, except the cart that the order names.
 * @returns undefined when another report of this order came first: the first report wins
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
    session: session && rememberOrder(session, order),
    shopper: shopper && rememberOrder(shopper, order),
  };
}

export interface CartVisit {
  cart_id: string;
  at_ms: number;
}

export interface VisitRoute {
  session: SessionMemory;
  /** The memories of the shoppers that were passed in, in the same order. */
  shoppers: ShopperMemory[];
  /** Remembered orders: the context of addItem or removeItem. */
  orders: OrderFact[];
  /**
   * Orders that arrived before the cart events of their session, and therefore closed their user's other carts.
   * The caller passes each to applyOrder for the other carts of its user, and to rememberOrder for that user.
   */
  found: OrderFact[];
}

/**
 * Links a cart to the session and shoppers of a cart.item_added or cart.item_removed. The result includes the
 * orders that session and shoppers remember.
 * @param shoppers memories of the event's user and of the users that the cart already has (`cart.user_ids`)
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

/**
 * Names the cart of an event.
 * @returns the cart that the event names, else the one cart id that its session always gets
 */
export function cartIdOf(event: { cart_id?: string; session_id: string }): string {
  const prefixed = `cart_${event.session_id}`;
  return event.cart_id ?? (prefixed.length <= MAX_ID_LENGTH ? prefixed : event.session_id);
}

/** Max characters of an id in the event catalogue. */
const MAX_ID_LENGTH = 128;

/** Adds an order to a memory. A known order is replaced by the same order with its session found. */
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
  // Stored in the document: a small old order must not take the space that a dropped larger one left.
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
  const withoutCart = session_id === undefined ? "user" : "session";
  const names = cart_id === undefined ? withoutCart : "cart";
  const first = session?.first_at_ms ?? null;
  const isSessionFound = names === "session" && first !== null && first <= at_ms;
  return {
    kind: "order",
    id: order_id,
    at_ms,
    received_at_ms,
    names,
    product_ids: names === "cart" ? [] : [...new Set(placed.product_ids)],
    session_id,
    user_id,
    session_found: isSessionFound ? true : undefined,
  };
}
