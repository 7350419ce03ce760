/** The timer of a cart. One task is outstanding at a time, and decides by the state of the cart when it fires. */
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

/** The content of cart.abandoned. */
export interface AbandonedCart {
  user_id?: string;
  session_id?: string;
  payload: {
    cart_id: string;
    cycle: number;
    /** The first lines of the cart, at most MAX_ITEMS. */
    items: AbandonedItem[];
    /** Total of all lines. Absent unless each line has a price and all prices have one currency. */
    total?: number;
    currency?: string;
  };
}

export type AbandonDecision =
  /** A later task replaced this one, or the cart waits for no task. The caller writes nothing. */
  | { kind: "stale" }
  | { kind: "re-arm"; cart: Cart; arm: TimerTask & { dueMs: number } }
  | { kind: "abandon"; cart: Cart; event: AbandonedCart };

export interface Firing {
  task: TimerTask;
  nowMs: number;
  idleMs: number;
  /** Set when a lane exists that could hold an order of this cart: the timer retries at `retryAtMs`. */
  heldBack?: { retryAtMs: number };
}

/** Decides about a cart when its timer fires. The cart is abandoned only when no activity happened since. */
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

/**
 * Replaces an overdue task by one with a new name. The sweep calls this, because a task may be lost.
 * @returns undefined when no task is overdue
 */
export function rearmOverdue(cart: Cart, nowMs: number): Required<CartChange> | undefined {
  if (cart.armed_due_ms === null || cart.armed_due_ms > nowMs) return undefined;
  return arm(cart, nowMs);
}

/**
 * Marks a cart as reminded in a cycle.
 * @returns undefined when the cart has changed since its abandonment: the reminder is void then
 */
export function markReminded(cart: Cart, cycle: number): Cart | undefined {
  return cart.status === "abandoned" && cart.cycle === cycle ? { ...cart, status: "reminded" } : undefined;
}

function abandonedEvent(cart: Cart): AbandonedCart {
  return {
    user_id: cart.user_ids.at(-1),
    session_id: cart.session_ids.at(-1),
    payload: {
      cart_id: cart.cart_id,
      cycle: cart.cycle,
      // At most MAX_ITEMS lines are announced. The total covers all lines.
      items: cart.lines.slice(0, MAX_ITEMS).map(abandonedItem),
      ...totalOf(cart.lines),
    },
  };
}

function abandonedItem({
  product_id,
  quantity: inCart,
  unit_price_minor,
  currency,
}: CartLine): AbandonedItem {
  const quantity = Math.min(inCart, MAX_QUANTITY);
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
