/**
 * The life of a cart. The lines of a cart follow from its facts alone (cart-facts.ts). This file adds the cart's life
 * in time: cycles, the one outstanding timer, abandonment. Each function serves one transaction of its caller. The
 * caller reads the document, calls the function, writes the result and creates the task that it names.
 */
import type { Owned } from "../../events/ownership.ts";
import type { AddFact, CartBase, CartFact, CartLine, OrderFact, RemoveFact } from "./cart-facts.ts";
import { compact, EMPTY_BASE, isCovered, names, replayFacts } from "./cart-facts.ts";

export type CartStatus = "open" | "abandoned" | "reminded" | "bought";

/** The document `carts/{cart_id}`. An empty cart that was not bought is open, and is never abandoned. */
export interface Cart extends Owned {
  cart_id: string;
  status: CartStatus;
  /** Number of the cycle, from 1. A reminder planned for an older cycle is void. */
  cycle: number;
  /** Armings so far, over all cycles. Cloud Tasks blocks a used task name for an hour, so no name comes twice. */
  step: number;
  /** Due time of the outstanding task (cycle, step). Null: no task is outstanding. */
  armed_due_ms: number | null;
  /** received_at of the latest activity. Idle time counts from here. */
  last_activity_ms: number;
  /** The last_activity_ms of the latest abandonment: each idle period is abandoned once. */
  abandoned_activity_ms: number | null;
  /** Users of the cart, latest last. */
  user_ids: string[];
  /** Sessions of the cart, latest last. */
  session_ids: string[];
  /** Derived from `base` and `facts`, stored for readers of the document. */
  lines: CartLine[];
  base: CartBase;
  facts: CartFact[];
}

export interface TimerTask {
  cycle: number;
  step: number;
}

/** The result of a change. `cart` is the object that was passed in when there is nothing to write. */
export interface CartChange {
  cart: Cart;
  /** The task to create after the commit. Its name is a hash of (cart_id, cycle, step). */
  arm?: TimerTask & { dueMs: number };
}

export interface CartContext {
  /** Time without activity after which a cart counts as abandoned. */
  idleMs: number;
  /** Orders remembered on the event's session and on the cart's users: an add may arrive after its order. */
  orders?: readonly OrderFact[];
}

/** Creates the cart to start from when no document is stored. */
export function emptyCart(cartId: string): Cart {
  return {
    cart_id: cartId,
    status: "open",
    cycle: 1,
    step: 0,
    armed_due_ms: null,
    last_activity_ms: 0,
    abandoned_activity_ms: null,
    user_ids: [],
    session_ids: [],
    lines: [],
    base: EMPTY_BASE,
    facts: [],
  };
}

/** Applies cart.item_added. The result is the same in every order of arrival and after any number of deliveries. */
export function addItem(cart: Cart, add: AddFact, context: CartContext): CartChange {
  return applyFacts(cart, [add, ...(context.orders ?? [])], { idleMs: context.idleMs, activity: add });
}

/** Applies cart.item_removed. A remove that arrives before its add is kept, and removes the add later. */
export function removeItem(cart: Cart, remove: RemoveFact, context: CartContext): CartChange {
  return applyFacts(cart, [remove, ...(context.orders ?? [])], { idleMs: context.idleMs, activity: remove });
}

/**
 * Applies an order to one of the carts that routeOrder names. The order covers the lines of its products that were added
 * up to its time. The other lines form the next cycle; a cart without any is bought. A second report of an order
 * changes nothing, even with another time: the first report wins.
 */
export function applyOrder(cart: Cart, order: OrderFact, context: { idleMs: number }): CartChange {
  return applyFacts(cart, [order], context);
}

/**
 * Applies the orders that session and shopper remember. A checkout commits its order to the memory before the reaction
 * `carts` applies it to the user's other carts. A decision about a cart in between begins with this function.
 * @returns the cart that was passed in when it has all orders
 */
export function withOrders(
  cart: Cart,
  orders: readonly OrderFact[],
  context: { idleMs: number },
): CartChange {
  const change: CartChange = { cart };
  for (const order of orders) Object.assign(change, applyOrder(change.cart, order, context));
  return change;
}

/**
 * Closes the cart that the checkout command has read. The order covers every line, even one whose clock ran ahead of
 * ours. Adds of the ordered products that arrive later are covered as well.
 * @param order the order as routeOrder remembers it
 */
export function checkoutCart(cart: Cart, order: OrderFact, context: { idleMs: number }): CartChange {
  const { at_ms } = order;
  const read = cart.lines.map(line => line.product_id);
  const fact: OrderFact = {
    ...order,
    cart_id: cart.cart_id,
    product_ids: [...new Set([...order.product_ids, ...read])],
    at_ms: Math.max(at_ms, ...cart.base.lines.map(line => line.added_at_ms)),
    read_ids: cart.facts.filter(known => known.kind === "add" && known.at_ms > at_ms).map(known => known.id),
  };
  return applyFacts(cart, [fact], context);
}

/** Adds facts to a cart. `activity` is the add or remove of the customer; idle time then counts from that fact. */
function applyFacts(
  cart: Cart,
  received: readonly CartFact[],
  { idleMs, activity }: { idleMs: number; activity?: CartFact },
): CartChange {
  const { cart_id, base } = cart;
  const facts = received.reduce((known, fact) => include({ ...cart, facts: known }, fact), cart.facts);
  if (facts === cart.facts) return { cart };
  const before = replayFacts(base, cart.facts, cart_id);
  const after = replayFacts(base, facts, cart_id);
  const { lines, user_ids, session_ids } = after;
  const next: Cart = { ...cart, ...compact(base, facts, cart_id), lines, user_ids, session_ids };
  if (sameLines(before.lines, lines) && before.bought === after.bought) return { cart: next };
  // An order keeps the idle time of an open cart. An abandoned cart starts a new idle period. One period then announces
  // the cart once, and no late add revives the reminder of a bought cart.
  const touched = touchedBy(next, activity ?? (cart.status === "open" ? undefined : received[0]));
  if (lines.length === 0) return { cart: emptied(touched, after.bought) };
  return withLines(touched, { partialOrder: activity === undefined, idleMs });
}

function touchedBy(cart: Cart, fact: CartFact | undefined): Cart {
  return { ...cart, last_activity_ms: Math.max(cart.last_activity_ms, fact?.received_at_ms ?? 0) };
}

function emptied(cart: Cart, bought: boolean): Cart {
  const status = bought ? "bought" : "open";
  // The cycle stays, because late events of the announced idle period may still arrive.
  const reopened = status === "open" && cart.status !== "open" && !isAnnounced(cart);
  return { ...cart, status, cycle: cart.cycle + (reopened ? 1 : 0), armed_due_ms: null };
}

/** Sets status, cycle and timer of a cart that has lines. The cart is open unless its silence is announced. */
function withLines(
  cart: Cart,
  { partialOrder, idleMs }: { partialOrder: boolean; idleMs: number },
): CartChange {
  const announced = isAnnounced(cart);
  const endStatus = cart.status === "reminded" ? "reminded" : "abandoned";
  const status = announced ? endStatus : "open";
  // An order from before the announced silence does not undo the abandonment. The remaining lines were left alone,
  // and their reminder stays valid.
  const nextCycle = (partialOrder && !announced) || (status === "open" && cart.status !== "open");
  const next: Cart = { ...cart, status, cycle: cart.cycle + (nextCycle ? 1 : 0) };
  if (status !== "open") return { cart: { ...next, armed_due_ms: null } };
  if (cart.armed_due_ms !== null && !nextCycle) return { cart: next };
  return arm(next, cart.last_activity_ms + idleMs);
}

/** Tells whether the cart is unchanged since its silence was announced as abandonment. */
function isAnnounced({ abandoned_activity_ms, last_activity_ms }: Cart): boolean {
  return abandoned_activity_ms !== null && last_activity_ms <= abandoned_activity_ms;
}

/** Requests a task under a name that this cart has never used. An older task becomes stale. */
export function arm(cart: Cart, dueMs: number): Required<CartChange> {
  const step = cart.step + 1;
  return { cart: { ...cart, step, armed_due_ms: dueMs }, arm: { dueMs, cycle: cart.cycle, step } };
}

/**
 * Adds a fact to the facts of a cart.
 * @returns the same array when the fact is known, or is an order that cannot concern this cart
 */
function include(
  { cart_id, base, facts }: Pick<Cart, "cart_id" | "base" | "facts">,
  fact: CartFact,
): CartFact[] {
  if (facts.some(other => other.kind === fact.kind && other.id === fact.id)) return facts;
  if (fact.kind !== "order") return [...facts, fact];
  if (base.order_ids.includes(fact.id)) return facts;
  return fact.cart_id === cart_id || concerns(fact, base, facts) ? [...facts, fact] : facts;
}

/**
 * Tells whether an order could cover something in this cart. An add that arrives later brings the orders of its session
 * and of the cart's users along. An order of another session is kept: only that session remembers it.
 */
function concerns(order: OrderFact, base: CartBase, facts: readonly CartFact[]): boolean {
  const isInSession = (id: string | undefined) => id !== undefined && id === order.session_id;
  if (base.session_ids.some(isInSession) || base.lines.some(line => isCovered(line, order))) return true;
  return facts.some(
    fact =>
      fact.kind !== "order" &&
      (isInSession(fact.session_id) ||
        (fact.kind === "add" && fact.at_ms <= order.at_ms && names(order, fact.product_id))),
  );
}

function sameLines(before: readonly CartLine[], after: readonly CartLine[]): boolean {
  if (before.length !== after.length) return false;
  return before.every((line, index) => {
    const other = after[index];
    return (
      line.product_id === other?.product_id &&
      line.quantity === other.quantity &&
      line.added_at_ms === other.added_at_ms
    );
  });
}
