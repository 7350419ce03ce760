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
export type SessionMemory = ShopperMemory;

export const EMPTY_SHOPPER: ShopperMemory = Object.freeze({
  cart_ids: [],
  orders: [],
  forgotten_until_ms: Number.MIN_SAFE_INTEGER,
});
export const EMPTY_SESSION: SessionMemory = EMPTY_SHOPPER;

/**
 * Max weight of the orders kept: about 250 usual orders, far below 1 MiB. An order weighs 1 + the products that it
 * names. The oldest by their own time go first, so the order of arrival plays no part.
 */
export const MAX_ORDER_WEIGHT = 1000;
/** Max carts kept, and so the carts that an order is applied to. More would slow its transaction. */
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
  /** The fact to pass to applyOrder. The first of two reports of one order wins. */
  order: OrderFact;
  /** True when the memory holds the order: a checkout or an earlier report came first. */
  isKnown: boolean;
  /** The carts to apply the order to. */
  cartIds: string[];
}

/**
 * Finds the carts that an order may reach: the named cart, and the carts of its session and its user. The order is
 * always remembered. A cart without a document needs no write, except the cart that the order names. A known order is
 * routed again, because a checkout writes one cart only; applyOrder changes no cart twice.
 */
export function routeOrder(placed: PlacedOrder, { session, shopper }: Memories): OrderRoute {
  const known = knownOrder(session, placed.order_id) ?? knownOrder(shopper, placed.order_id);
  const order = known ?? orderFact(placed);
  const named = placed.cart_id === undefined ? [] : [placed.cart_id];
  return {
    order,
    isKnown: known !== undefined,
    cartIds: [...new Set([...named, ...(session?.cart_ids ?? []), ...(shopper?.cart_ids ?? [])])],
    session: session && rememberOrder(session, order),
    shopper: shopper && rememberOrder(shopper, order),
  };
}

export interface VisitRoute {
  session: SessionMemory;
  /** The memories of the shoppers that were passed in, in the same order. */
  shoppers: ShopperMemory[];
  /** Remembered orders: the context of addItem or removeItem. */
  orders: OrderFact[];
}

/**
 * Links a cart to the session and shoppers of a cart.item_added or cart.item_removed. The result includes the
 * orders that session and shoppers remember.
 * @param shoppers memories of the event's user and of the users that the cart already has (`cart.user_ids`)
 */
export function routeVisit(
  cartId: string,
  session: SessionMemory,
  shoppers: readonly ShopperMemory[],
): VisitRoute {
  return {
    session: rememberCart(session, cartId),
    shoppers: shoppers.map(shopper => rememberCart(shopper, cartId)),
    orders: [session, ...shoppers].flatMap(memory => memory.orders),
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

/** Adds an order to a memory. */
export function rememberOrder<M extends Pick<ShopperMemory, "orders" | "forgotten_until_ms">>(
  memory: M,
  order: OrderFact,
): M {
  const isKnown = memory.orders.some(other => other.id === order.id);
  if (isKnown || order.at_ms <= memory.forgotten_until_ms) return memory;
  const newestFirst = [...memory.orders, order].sort((a, b) => b.at_ms - a.at_ms || (a.id < b.id ? -1 : 1));
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

function knownOrder(memory: { orders: OrderFact[] } | undefined, orderId: string): OrderFact | undefined {
  return memory?.orders.find(order => order.id === orderId);
}

function orderFact({ order_id, product_ids, ...placed }: PlacedOrder): OrderFact {
  return { ...placed, kind: "order", id: order_id, product_ids: [...new Set(product_ids)] };
}
