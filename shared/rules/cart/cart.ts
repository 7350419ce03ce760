/**
 * The life of a cart. Its lines follow from its facts alone (cart-facts.ts); what this file adds is what
 * happens in time: cycles, the one outstanding timer, abandonment. Every function is one transaction of its
 * caller: read the document, call, write what comes back, arm what it asks for.
 */
import type { AddFact, CartBase, CartFact, CartLine, OrderFact, RemoveFact } from "./cart-facts.ts";
import { compact, EMPTY_BASE, replay } from "./cart-facts.ts";

export type CartStatus = "open" | "abandoned" | "reminded" | "bought";

/** The document `carts/{cart_id}`. An empty cart that was not bought is open, and is never abandoned. */
export interface Cart {
  cart_id: string;
  status: CartStatus;
  /** From 1. What was planned for an older cycle is void. */
  cycle: number;
  /** Armings so far, over all cycles: a task name is used once, because a used name is blocked for an hour. */
  step: number;
  /** When the outstanding task (cycle, step) is due. Null: none is out, the cart waits for nothing. */
  armed_due_ms: number | null;
  /** received_at of the latest activity; idleness counts from here. */
  last_activity_ms: number;
  /** The last_activity_ms that an abandonment was committed for: one per idle period. */
  abandoned_activity_ms: number | null;
  /** Latest last. */
  user_ids: string[];
  session_ids: string[];
  /** Derived from base and facts, kept for whoever reads the document. */
  lines: CartLine[];
  base: CartBase;
  facts: CartFact[];
}

export interface TimerTask {
  cycle: number;
  step: number;
}

/** `cart` is the very object that was passed in when there is nothing to write. */
export interface CartChange {
  cart: Cart;
  /** Create this task after the commit; its name is a hash of (cart_id, cycle, step). */
  arm?: TimerTask & { dueMs: number };
}

export interface CartContext {
  /** So long without activity is abandoned. */
  idleMs: number;
  /** Orders remembered on the event's session and on the cart's users: an add may arrive after its order. */
  orders?: readonly OrderFact[];
}

/** A cart nobody has touched: what to pass where no document is stored yet. */
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

/** cart.item_added. Safe under every order of arrival and any number of deliveries. */
export function addItem(cart: Cart, add: AddFact, context: CartContext): CartChange {
  return hear(cart, [add, ...(context.orders ?? [])], { idleMs: context.idleMs, activity: add });
}

/** cart.item_removed. One that arrives before its add is kept and removes it when it comes. */
export function removeItem(cart: Cart, remove: RemoveFact, context: CartContext): CartChange {
  return hear(cart, [remove, ...(context.orders ?? [])], { idleMs: context.idleMs, activity: remove });
}

/**
 * order.placed, on each cart that routeOrder names. It covers the lines added up to its time; what is left
 * becomes the next cycle, nothing left is bought. A second report of the same order changes nothing,
 * whatever time it gives: the first one wins.
 */
export function applyOrder(cart: Cart, order: OrderFact, context: { idleMs: number }): CartChange {
  return hear(cart, [order], context);
}

/**
 * The checkout command closes the cart it has read: every line in it is covered, also one whose clock ran
 * ahead of ours. In the same transaction, write the memories that routeOrder returns, so that an outside
 * report of the order that names no cart is known.
 */
export function checkoutCart(
  cart: Cart,
  order: { order_id: string; at_ms: number; user_id?: string },
  context: { idleMs: number },
): CartChange {
  const { order_id, at_ms, user_id } = order;
  const fact: OrderFact = {
    ...(user_id === undefined ? {} : { user_id }),
    kind: "order",
    id: order_id,
    names: "cart",
    product_ids: [],
    received_at_ms: at_ms,
    at_ms: Math.max(at_ms, ...cart.base.lines.map(line => line.added_at_ms)),
    read_ids: cart.facts.filter(read => read.kind === "add" && read.at_ms > at_ms).map(read => read.id),
  };
  return hear(cart, [fact], context);
}

/** `activity` is set when the customer touched the cart: idleness then counts from it. */
function hear(
  cart: Cart,
  heard: readonly CartFact[],
  { idleMs, activity }: { idleMs: number; activity?: CartFact },
): CartChange {
  const facts = heard.reduce((known, fact) => include(known, cart.base, fact), cart.facts);
  if (facts === cart.facts) return { cart };
  const before = replay(cart.base, cart.facts);
  const after = replay(cart.base, facts);
  const { lines, user_ids, session_ids } = after;
  const next: Cart = { ...cart, ...compact(cart.base, facts), lines, user_ids, session_ids };
  if (sameLines(before.lines, lines) && before.bought === after.bought) return { cart: next };
  if (lines.length === 0) return { cart: emptied(touchedBy(next, activity), after.bought) };
  // What a partial order leaves of an open cart has been idle since its own last activity; an abandoned one
  // has to be idle anew, or it would be abandoned twice for the same silence.
  const touched = touchedBy(next, activity ?? (cart.status === "open" ? undefined : heard[0]));
  return live(touched, { partialOrder: activity === undefined, idleMs });
}

function touchedBy(cart: Cart, fact: CartFact | undefined): Cart {
  return { ...cart, last_activity_ms: Math.max(cart.last_activity_ms, fact?.received_at_ms ?? 0) };
}

function emptied(cart: Cart, bought: boolean): Cart {
  const status = bought ? "bought" : "open";
  // What was heard late of an announced silence may be followed by more of it: that is still the same cycle.
  const reopened = status === "open" && cart.status !== "open" && !isAnnounced(cart);
  return { ...cart, status, cycle: cart.cycle + (reopened ? 1 : 0), armed_due_ms: null };
}

/** A cart with lines in it. It is open unless its present silence was already announced as abandonment. */
function live(cart: Cart, { partialOrder, idleMs }: { partialOrder: boolean; idleMs: number }): CartChange {
  const announced = isAnnounced(cart);
  const ended = cart.status === "reminded" ? "reminded" : "abandoned";
  const status = announced ? ended : "open";
  // An order from before the silence that was announced takes nothing of it back: what it leaves was left alone,
  // and its reminder holds.
  const nextCycle = (partialOrder && !announced) || (status === "open" && cart.status !== "open");
  const next: Cart = { ...cart, status, cycle: cart.cycle + (nextCycle ? 1 : 0) };
  if (status !== "open") return { cart: { ...next, armed_due_ms: null } };
  if (cart.armed_due_ms !== null && !nextCycle) return { cart: next };
  return arm(next, cart.last_activity_ms + idleMs);
}

/** Nobody has touched the cart since the silence that was announced as its abandonment. */
function isAnnounced({ abandoned_activity_ms, last_activity_ms }: Cart): boolean {
  return abandoned_activity_ms !== null && last_activity_ms <= abandoned_activity_ms;
}

/** Asks for a task under a name that was never used for this cart; an older one becomes stale. */
export function arm(cart: Cart, dueMs: number): Required<CartChange> {
  const step = cart.step + 1;
  return { cart: { ...cart, step, armed_due_ms: dueMs }, arm: { dueMs, cycle: cart.cycle, step } };
}

/** The very same array when the fact is known, or is an order that cannot concern this cart. */
function include(facts: CartFact[], base: CartBase, fact: CartFact): CartFact[] {
  const known = facts.find(other => other.kind === fact.kind && other.id === fact.id);
  if (fact.kind !== "order") return known ? facts : [...facts, fact];
  if (known?.kind === "order") {
    if (!fact.session_found || known.session_found) return facts;
    return facts.map(other => (other === known ? { ...known, session_found: true } : other));
  }
  return base.order_ids.includes(fact.id) || !concerns(fact, base, facts) ? facts : [...facts, fact];
}

/** Whether an order could close something here. If only a later add makes it so, that add brings it along. */
function concerns(order: OrderFact, base: CartBase, facts: readonly CartFact[]): boolean {
  if (order.names === "cart") return true;
  const ordered = new Set(order.product_ids);
  const inSession = (id: string | undefined) => order.names === "session" && id === order.session_id;
  if (base.session_ids.some(inSession) || base.lines.some(line => ordered.has(line.product_id))) return true;
  return facts.some(
    fact =>
      fact.kind !== "order" &&
      fact.at_ms <= order.at_ms &&
      (inSession(fact.session_id) || (fact.kind === "add" && ordered.has(fact.product_id))),
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
