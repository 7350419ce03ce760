import * as v from "valibot";
import { rememberedOrders } from "../../shared/carts/remembered-orders.ts";
import { ABANDON_CART, laneHoldingBack, writeCart } from "../../shared/carts/write-cart.ts";
import { carts } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import { PermanentError } from "../../shared/errors.ts";
import { id } from "../../shared/events/define.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import { timer } from "../../shared/pipeline/timer.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { withOrders } from "../../shared/rules/cart/cart.ts";
import type { AbandonedCart } from "../../shared/rules/cart/cart-timer.ts";
import { fireAbandon } from "../../shared/rules/cart/cart-timer.ts";

const timerData = v.object({ cart_id: id, cycle: v.number(), step: v.number() });

/**
 * Checks a cart after its idle time and announces an abandoned one. The decision is made in the transaction that reads
 * the cart. A purchase committed before is seen; a purchase committed meanwhile makes the transaction run again.
 */
export const abandonCart = timer(ABANDON_CART, timerData, checkCart);

async function checkCart(task: v.InferOutput<typeof timerData>, work: Work): Promise<Skip | void> {
  const stored = await work.get(carts, task.cart_id);
  if (!stored) return skip("the cart of this timer does not exist");
  const idleMs = config().abandonAfterMs;
  const [orders, heldBack] = await Promise.all([
    rememberedOrders(stored, work),
    laneHoldingBack(stored, work),
  ]);
  // A checkout of another cart may have bought the same products.
  const caughtUp = withOrders(stored, orders, { idleMs });
  const decision = fireAbandon(caughtUp.cart, { task, nowMs: work.nowMs, idleMs, heldBack });
  if (decision.kind !== "stale") writeCart(stored, decision, work);
  else if (caughtUp.cart !== stored) writeCart(stored, caughtUp, work);
  else return skip("the cart has changed since this timer was armed");
  if (decision.kind === "abandon") announce(decision.event, work);
}

function announce({ user_id, session_id, payload }: AbandonedCart, work: Work): void {
  // Only events with a user_id and a session_id add items to a cart.
  if (user_id === undefined || session_id === undefined)
    throw new PermanentError("cart has items but no user_id or session_id");
  const items = payload.items.map(item => ({ ...item }));
  work.emit({
    event_type: "cart.abandoned",
    user_id,
    session_id,
    payload: { ...payload, items },
  });
}
