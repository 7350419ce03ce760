import { carts, sessions } from "../collections.ts";
import type { Work } from "../pipeline/work.ts";
import type { CartLine } from "../rules/cart/cart-facts.ts";
import type { ReportedCart } from "../rules/cart/reported-cart.ts";
import { isKept, uncoveredLines } from "../rules/cart/reported-cart.ts";
import { rememberedOrders } from "./remembered-orders.ts";

/** Tells whether we keep a reported cart, under its id or for its session. Our own cart decides then. */
export async function isCartKept(
  { cart_id, session_id }: Pick<ReportedCart, "cart_id" | "session_id">,
  { get }: Pick<Work, "get">,
): Promise<boolean> {
  if (isKept(await get(carts, cart_id))) return true;
  const session = session_id === undefined ? undefined : await get(sessions, session_id);
  return session !== undefined && session.cart_ids.length > 0;
}

/** Lists the items of a reported cart that no order covers: of its user, its session or the cart itself. */
export async function linesOfReported(
  reported: ReportedCart,
  { getAll }: Pick<Work, "getAll">,
): Promise<CartLine[]> {
  const { cart_id, user_id, session_id } = reported;
  const people = { user_ids: [user_id], session_ids: session_id === undefined ? [] : [session_id] };
  const [[cart], orders] = await Promise.all([
    getAll(carts, [cart_id]),
    rememberedOrders(people, { getAll }),
  ]);
  const ofCart = (cart?.facts ?? []).filter(fact => fact.kind === "order");
  return uncoveredLines(reported, [...orders, ...ofCart]);
}
