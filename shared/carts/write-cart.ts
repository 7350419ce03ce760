import { carts } from "../collections.ts";
import { laneId } from "../pipeline/records/lane.ts";
import { lanes } from "../pipeline/records/lane-store.ts";
import type { Work } from "../pipeline/work.ts";
import type { Cart, CartChange } from "../rules/cart/cart.ts";
import { MINUTE_MS, SECOND_MS } from "../values/durations.ts";

/** The reaction that keeps the carts. */
export const CARTS = "carts";

/** The timer that checks whether a cart was abandoned. */
export const ABANDON_CART = "abandon-cart";

/**
 * Minimum delay of a cart timer. While the clock of this instance is behind Cloud Tasks, a timer due at once would
 * re-arm in a loop.
 */
const MIN_DELAY_MS = SECOND_MS;

/** Writes a cart after a rule changed it and arms the timer that the rule asked for. */
export function writeCart(before: Cart, { cart, arm }: CartChange, work: Work): void {
  const { owned_by = CARTS, owned_since_ms = work.nowMs } = before;
  if (cart !== before) work.set(carts, cart.cart_id, { ...cart, owned_by, owned_since_ms });
  if (!arm) return;
  const { cycle, step } = arm;
  work.timer(ABANDON_CART, {
    key: `${cart.cart_id}.${cycle}.${step}`,
    dueMs: Math.max(arm.dueMs, work.nowMs + MIN_DELAY_MS),
    data: { cart_id: cart.cart_id, cycle, step },
  });
}

/** Time until the next look at a lane that holds a cart back. A lane may last days; a look costs a few reads. */
const LANE_RETRY_MS = 10 * MINUTE_MS;

/**
 * Looks for a lane of the cart's users and sessions. An event in such a lane may be an order of this cart.
 * @returns the time of the next look; undefined when no lane holds the cart back
 */
export async function laneHoldingBack(
  { user_ids, session_ids }: Pick<Cart, "user_ids" | "session_ids">,
  { getAll, nowMs }: Pick<Work, "getAll" | "nowMs">,
): Promise<{ retryAtMs: number } | undefined> {
  const keys = [...new Set([...user_ids, ...session_ids])];
  const found = await getAll(
    lanes,
    keys.map(key => laneId(CARTS, key)),
  );
  return found.some(Boolean) ? { retryAtMs: nowMs + LANE_RETRY_MS } : undefined;
}
