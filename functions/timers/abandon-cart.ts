import * as v from "valibot";
import { ABANDON_CART, laneHoldingBack, writeCart } from "../../shared/carts/write-cart.ts";
import { carts } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import { PermanentError } from "../../shared/errors.ts";
import { id } from "../../shared/events/define.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import { timer } from "../../shared/pipeline/timer.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { AbandonedCart } from "../../shared/rules/cart/cart-timer.ts";
import { fireAbandon } from "../../shared/rules/cart/cart-timer.ts";

const armed = v.object({
  cart_id: id,
  cycle: v.number(),
  step: v.number(),
});

/**
 * Looks at a cart after its silence. Whether it was abandoned is decided in the transaction that reads it, so
 * a purchase committed before this is seen, and one that commits meanwhile makes it look again.
 */
export const abandonCart = timer(ABANDON_CART, armed, async (task, work) => {
  const cart = await work.get(carts, task.cart_id);
  if (!cart) return skip("there is no such cart");
  const heldBack = await laneHoldingBack(cart, work);
  const decision = fireAbandon(cart, {
    task,
    nowMs: work.nowMs,
    idleMs: config().abandonAfterMs,
    ...(heldBack && { heldBack }),
  });
  if (decision.kind === "stale") return skip("the cart has moved on since this timer was armed");
  writeCart(cart, decision, work);
  if (decision.kind === "abandon") announce(decision.event, work);
  return undefined;
});

function announce({ user_id, session_id, payload }: AbandonedCart, work: Work): void {
  // Only events that name both put something into a cart.
  if (user_id === undefined || session_id === undefined)
    throw new PermanentError("the cart holds items and nobody's name");
  const items = payload.items.map(item => ({ ...item }));
  work.emit({
    event_type: "cart.abandoned",
    user_id,
    session_id,
    payload: { ...payload, items },
  });
}
