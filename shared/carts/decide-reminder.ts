import { carts } from "../collections.ts";
import { config } from "../config.ts";
import type { Skip } from "../pipeline/skip.ts";
import { skip } from "../pipeline/skip.ts";
import type { Documents } from "../pipeline/work.ts";
import type { Cart } from "../rules/cart/cart.ts";
import { withOrders } from "../rules/cart/cart.ts";
import type { CartLine } from "../rules/cart/cart-facts.ts";
import { markReminded } from "../rules/cart/cart-timer.ts";
import type { ReportedCart } from "../rules/cart/reported-cart.ts";
import { isKept } from "../rules/cart/reported-cart.ts";
import { rememberedOrders } from "./remembered-orders.ts";
import { isCartKept, linesOfReported } from "./reported-cart.ts";
import { laneHoldingBack } from "./write-cart.ts";

/** The cart that a reminder names, as the mail's data holds it. */
export interface NamedCart {
  cart_id: string;
  /** Absent: the cycle of the cart at the time of sending. */
  cycle?: number;
}

export type ReminderDecision =
  | { kind: "no"; decision: Skip | { laterMs: number; reason: string } }
  /** `cart` is to be written in the transaction of the decision; a reported cart has no document. */
  | { kind: "remind"; lines: readonly CartLine[]; cart?: Cart };

/** Decides about a cart that is kept here: it must be abandoned, bought nowhere, and held back by no lane. */
export async function decideAboutCart(named: NamedCart, documents: Documents): Promise<ReminderDecision> {
  const stored = await documents.get(carts, named.cart_id);
  if (!isKept(stored)) return no(skip("the cart of this reminder does not exist"));
  // A checkout remembers its order before the reaction `carts` covers the user's other carts.
  const orders = await rememberedOrders(stored, documents);
  const { cart } = withOrders(stored, orders, { idleMs: config().abandonAfterMs });
  const reminded = remindedCart(cart, named.cycle ?? cart.cycle);
  if (!reminded) return no(skip("the cart has changed since it was abandoned"));
  const heldBack = await whyHeldBack(cart, documents);
  return heldBack ? no(heldBack) : { kind: "remind", lines: reminded.lines, cart: reminded };
}

/** Decides about a cart that another system reported. A cart of ours under this id or session decides itself. */
export async function decideAboutReported(
  reported: ReportedCart,
  documents: Documents,
): Promise<ReminderDecision> {
  if (await isCartKept(reported, documents)) return no(REPORTED_CART_IS_OURS);
  const lines = await linesOfReported(reported, documents);
  if (lines.length === 0) return no(skip("an order covers all items of the reported cart"));
  const { user_id, session_id } = reported;
  const people = { user_ids: [user_id], session_ids: session_id === undefined ? [] : [session_id] };
  const heldBack = await whyHeldBack(people, documents);
  return heldBack ? no(heldBack) : { kind: "remind", lines };
}

/** Skip of a report by another system about a cart that is kept here. */
export const REPORTED_CART_IS_OURS = skip("the cart is kept here: its own timer decides about the reminder");

function no(decision: (ReminderDecision & { kind: "no" })["decision"]): ReminderDecision {
  return { kind: "no", decision };
}

async function whyHeldBack(people: Pick<Cart, "user_ids" | "session_ids">, documents: Documents) {
  const heldBack = await laneHoldingBack(people, documents);
  return heldBack && { laterMs: heldBack.retryAtMs, reason: "an event of this cart waits in its lane" };
}

/**
 * Returns the cart as reminded; undefined when the reminder is void. An earlier attempt of the same reminder may have
 * changed the status already.
 */
function remindedCart(cart: Cart, cycle: number): Cart | undefined {
  return cart.status === "reminded" && cart.cycle === cycle ? cart : markReminded(cart, cycle);
}
