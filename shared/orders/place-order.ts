import * as v from "valibot";
import { checkCustomer } from "../accounts/account.ts";
import { writeCart } from "../carts/write-cart.ts";
import { carts, products, sessions, shoppers, users } from "../collections.ts";
import { config } from "../config.ts";
import { currency, id, listOf, money, quantity } from "../events/define.ts";
import { Problem } from "../http/problem.ts";
import { invalidBody, validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import type { Cart } from "../rules/cart/cart.ts";
import { checkoutCart, emptyCart } from "../rules/cart/cart.ts";
import { EMPTY_SESSION, EMPTY_SHOPPER, routeOrder } from "../rules/cart/cart-memory.ts";
import type { Order } from "../rules/order/order.ts";
import { newOrder } from "../rules/order/order.ts";
import type { PricedOrder, PricedProduct } from "../rules/order/price-order.ts";
import { placeOrder } from "../rules/order/price-order.ts";
import { amountsOf, orderView } from "./order-view.ts";
import { writeOrder } from "./write-order.ts";

const itemBody = v.strictObject({
  product_id: id,
  quantity,
  unit_price: v.exactOptional(money),
});

const orderBody = v.strictObject({
  user_id: id,
  items: v.exactOptional(listOf(itemBody)),
  total: v.exactOptional(money),
  currency: v.exactOptional(currency),
  cart_id: v.exactOptional(id),
  session_id: v.exactOptional(id),
});

type OrderBody = v.InferOutput<typeof orderBody>;

/**
 * Places an order, and closes the cart that the body names, in one transaction. Remembers the order for its shopper and
 * session, so no reminder of the ordered products is decided afterwards.
 * @throws Problem 403 or 410 when the customer may not use the shop or the cart
 * @throws Problem 422 when the items cannot be ordered
 */
export async function place({ body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const asked = validBody(orderBody, body);
  await checkCustomer(asked.user_id, work);
  const orderId = newId("ord");
  const cart = await cartOf(asked, work);
  const items = asked.items ?? itemsOfCart(cart);
  const priced = await price({ ...asked, items }, work);
  const { user_id, cart_id, session_id } = asked;
  const before = newOrder(orderId, { currency: priced.currency, atMs: nowMs });
  const order: Order & { user_id: string } = {
    ...before,
    source: "checkout",
    owned_by: "checkout",
    owned_since_ms: nowMs,
    user_id,
    cart_id,
    session_id,
    ...priced,
  };
  await coverCarts(order, cart, work);
  work.emit({
    event_type: "order.placed",
    order_id: orderId,
    user_id,
    session_id,
    payload: { ...amountsOf(priced), cart_id },
  });
  const placed = writeOrder(before, order, work);
  return {
    status: 201,
    body: orderView(placed),
    headers: { location: `/orders/${orderId}` },
    aggregate: orderId,
  };
}

/**
 * Reads the cart that an order names; a cart without a document is empty.
 * @throws Problem 403 when the cart belongs to another account
 */
async function cartOf({ user_id, cart_id }: OrderBody, work: Work): Promise<Cart | undefined> {
  if (cart_id === undefined) return undefined;
  const cart = (await work.get(carts, cart_id)) ?? emptyCart(cart_id);
  if (cart.user_ids.includes(user_id)) return cart;
  // Users without an account may be earlier names of this user, who was a guest before the login.
  const others = await work.getAll(users, cart.user_ids);
  if (!others.some(other => other && other.erased_at_ms === undefined)) return cart;
  const detail =
    "The cart belongs to another account. Name a cart of this user, or leave out cart_id and name the items.";
  throw new Problem({ status: 403, slug: "cart-of-another-account", detail });
}

/** Returns the items of the cart, for an order that names no items. */
function itemsOfCart(cart: Cart | undefined): NonNullable<OrderBody["items"]> {
  const items = (cart?.lines ?? []).map(({ product_id, quantity }) => ({
    product_id,
    quantity,
  }));
  if (items.length > 0) return items;
  throw invalidBody([
    {
      pointer: "/items",
      expected: "items, or the cart_id of a cart with items",
      received: "none",
    },
  ]);
}

async function price(
  asked: OrderBody & { items: NonNullable<OrderBody["items"]> },
  work: Work,
): Promise<PricedOrder> {
  const ids = [...new Set(asked.items.map(item => item.product_id))];
  const found = await work.getAll(products, ids);
  const known = new Map(
    found.flatMap(product => (product ? [[product.product_id, product as PricedProduct]] : [])),
  );
  const decision = placeOrder(asked, known);
  if (!decision.ok) throw invalidBody(decision.faults);
  return decision.order;
}

/**
 * Remembers the order for its shopper and session, and closes the cart that it names. The memory covers the ordered
 * products in the user's other carts at once; the reaction `carts` writes these carts.
 */
async function coverCarts(
  order: Order & { user_id: string },
  cart: Cart | undefined,
  work: Work,
): Promise<void> {
  const { order_id, user_id, cart_id, session_id, placed_at_ms: at_ms } = order;
  const [shopper = EMPTY_SHOPPER] = await work.getAll(shoppers, [user_id]);
  const [session = EMPTY_SESSION] = session_id === undefined ? [] : await work.getAll(sessions, [session_id]);
  const times = { at_ms, received_at_ms: at_ms };
  const product_ids = order.items.map(item => item.product_id);
  const placed = { order_id, ...times, product_ids, user_id, cart_id, session_id };
  const route = routeOrder(placed, { shopper, session: session_id === undefined ? undefined : session });
  if (route.shopper) work.set(shoppers, user_id, route.shopper);
  if (route.session && session_id !== undefined) work.set(sessions, session_id, route.session);
  if (!cart) return;
  writeCart(cart, checkoutCart(cart, route.order, { idleMs: config().abandonAfterMs }), work);
}
