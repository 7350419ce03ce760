import { carts } from "../collections.ts";
import { laneId } from "../pipeline/records/lane.ts";
import { lanes } from "../pipeline/records/lane-store.ts";
import type { Work } from "../pipeline/work.ts";
import type { Cart, CartChange } from "../rules/cart/cart.ts";
import { emptyCart } from "../rules/cart/cart.ts";

/** The reaction that keeps the carts. */
export const CARTS = "carts";

/** The timer that looks whether a cart was left alone. */
export const ABANDON_CART = "abandon-cart";

type Change = (cart: Cart) => CartChange;

/** The carts of one unit of work: each is read once, changed in memory as often as need be, and written once. */
export interface HeldCarts {
  /** The cart as it is; one that nobody has touched yet is empty. */
  read(cartId: string): Promise<Cart>;
  change(cartId: string, change: Change): Promise<void>;
  /** The same, but leaves alone a cart that is not stored. */
  changeStored(cartId: string, change: Change): Promise<void>;
  /** Writes what has changed and arms the timers the rules asked for. */
  write(): void;
}

export function holdCarts(work: Work): HeldCarts {
  const held = new Map<string, { isStored: boolean; before: Cart; now: CartChange }>();
  const hold = async (cartId: string) => {
    const known = held.get(cartId);
    if (known) return known;
    const stored = await work.get(carts, cartId);
    const before = stored ?? emptyCart(cartId);
    const entry = { isStored: stored !== undefined, before, now: { cart: before } };
    held.set(cartId, entry);
    return entry;
  };
  const change = async (cartId: string, apply: Change): Promise<void> => {
    const entry = await hold(cartId);
    // An earlier arming that a later change made stale does no harm; a missing one would.
    entry.now = { ...entry.now, ...apply(entry.now.cart) };
  };
  return {
    read: async cartId => (await hold(cartId)).before,
    change,
    changeStored: async (cartId, apply) => {
      const { isStored, before, now } = await hold(cartId);
      if (isStored || now.cart !== before) await change(cartId, apply);
    },
    write: () => {
      for (const { before, now } of held.values()) writeCart(before, now, work);
    },
  };
}

const PAUSE_MS = 1_000;

/** Writes what a rule made of a cart, and has its timer fire when the rule asks for it. */
export function writeCart(before: Cart, { cart, arm }: CartChange, work: Work): void {
  if (cart !== before) work.set(carts, cart.cart_id, cart);
  if (!arm) return;
  const { cycle, step } = arm;
  // Never for at once: where our clock is behind that of Cloud Tasks, it would fire and re-arm without a pause.
  const dueMs = Math.max(arm.dueMs, work.nowMs + PAUSE_MS);
  const data = { cart_id: cart.cart_id, cycle, step };
  work.timer(ABANDON_CART, {
    key: `${cart.cart_id}.${cycle}.${step}`,
    dueMs,
    data,
  });
}

/** A lane of parked events may stand for days: a look every ten minutes costs next to nothing. */
const LOOK_AGAIN_MS = 10 * 60_000;

/** While an event of one of a cart's shoppers waits to be handled, it may be the order of this very cart. */
export async function laneHoldingBack(
  { user_ids, session_ids }: Cart,
  { getAll, nowMs }: Pick<Work, "getAll" | "nowMs">,
): Promise<{ retryAtMs: number } | undefined> {
  const keys = [...new Set([...user_ids, ...session_ids])];
  const found = await getAll(
    lanes,
    keys.map(key => laneId(CARTS, key)),
  );
  return found.some(Boolean) ? { retryAtMs: nowMs + LOOK_AGAIN_MS } : undefined;
}
