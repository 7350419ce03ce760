/** The timer of a cart: one task is out at a time, and it decides by the cart as it finds it. */
import { MAX_ITEMS, MAX_QUANTITY } from "../../events/limits.ts";
import { fromMinor, sumMinor, timesMinor } from "../../values/money.ts";
import type { Cart, CartChange, TimerTask } from "./cart.ts";
import { arm } from "./cart.ts";
import type { CartLine } from "./cart-facts.ts";

export interface AbandonedItem {
  product_id: string;
  quantity: number;
  unit_price?: number;
}

/** What cart.abandoned says. */
export interface AbandonedCart {
  user_id?: string;
  session_id?: string;
  payload: {
    cart_id: string;
    cycle: number;
    items: AbandonedItem[];
    /** Only when every line has a price, in one currency. */
    total?: number;
    currency?: string;
  };
}

export type AbandonDecision =
  /** Another task took this one's place, or the cart waits for nothing: acknowledge, write nothing. */
  | { kind: "stale" }
  | { kind: "re-arm"; cart: Cart; arm: TimerTask & { dueMs: number } }
  | { kind: "abandon"; cart: Cart; event: AbandonedCart };

export interface Firing {
  task: TimerTask;
  nowMs: number;
  idleMs: number;
  /** A lane exists that could hold an order of this cart: look again at `retryAtMs`. */
  heldBack?: { retryAtMs: number };
}

/** The timer fires: looks at the cart as it is now, and abandons it only if nothing happened since. */
export function fireAbandon(cart: Cart, { task, nowMs, idleMs, heldBack }: Firing): AbandonDecision {
  if (cart.armed_due_ms === null || cart.cycle !== task.cycle || cart.step !== task.step) {
    return { kind: "stale" };
  }
  const dueMs = Math.max(cart.last_activity_ms + idleMs, heldBack?.retryAtMs ?? 0);
  if (heldBack || nowMs < dueMs) return { kind: "re-arm", ...arm(cart, dueMs) };
  const abandoned: Cart = {
    ...cart,
    status: "abandoned",
    abandoned_activity_ms: cart.last_activity_ms,
    armed_due_ms: null,
  };
  return { kind: "abandon", cart: abandoned, event: abandonedEvent(abandoned) };
}

/** For the sweep: a task that was lost is replaced by one with a new name. Undefined: nothing is overdue. */
export function rearmOverdue(cart: Cart, nowMs: number): Required<CartChange> | undefined {
  if (cart.armed_due_ms === null || cart.armed_due_ms > nowMs) return undefined;
  return arm(cart, nowMs);
}

/** A reminder of this cycle was decided. Undefined: the cart has moved on, and the reminder is void. */
export function markReminded(cart: Cart, cycle: number): Cart | undefined {
  return cart.status === "abandoned" && cart.cycle === cycle ? { ...cart, status: "reminded" } : undefined;
}

function abandonedEvent(cart: Cart): AbandonedCart {
  const userId = cart.user_ids.at(-1);
  const sessionId = cart.session_ids.at(-1);
  return {
    ...(userId === undefined ? {} : { user_id: userId }),
    ...(sessionId === undefined ? {} : { session_id: sessionId }),
    payload: {
      cart_id: cart.cart_id,
      cycle: cart.cycle,
      // A longer cart is announced by its beginning: it is no basket any more, and the total still covers all.
      items: cart.lines.slice(0, MAX_ITEMS).map(item),
      ...totalOf(cart.lines),
    },
  };
}

function item({ product_id, quantity: sum, unit_price_minor, currency }: CartLine): AbandonedItem {
  const quantity = Math.min(sum, MAX_QUANTITY);
  if (unit_price_minor === undefined || currency === undefined) return { product_id, quantity };
  return { product_id, quantity, unit_price: fromMinor(unit_price_minor, currency) };
}

function totalOf(lines: readonly CartLine[]): { total?: number; currency?: string } {
  const currency = lines[0]?.currency;
  if (currency === undefined || lines.some(line => line.currency !== currency)) return {};
  const totalMinor = sumMinor(
    lines.map(line =>
      line.unit_price_minor === undefined ? undefined : timesMinor(line.unit_price_minor, line.quantity),
    ),
  );
  return totalMinor === undefined ? {} : { total: fromMinor(totalMinor, currency), currency };
}
