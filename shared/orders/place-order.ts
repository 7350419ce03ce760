import * as v from "valibot";
import { checkCustomer } from "../accounts/account.ts";
import { writeCart } from "../carts/write-cart.ts";
import { carts, products, sessions, shoppers } from "../collections.ts";
import { config } from "../config.ts";
import { currency, id, listOf, money, quantity } from "../events/define.ts";
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
 * Places an order, and closes the cart that the body names, in one transaction. No reminder for this cart is decided
 * afterwards. Remembers the order for its session and shopper.
 * @throws Problem 403 or 410 when the customer may not use the shop, 422 when the items cannot be ordered
 */
export async function place({ body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const asked = validBody(orderBody, body);
  await checkCustomer(asked.user_id, work);
  const orderId = newId("ord");
  const cart = asked.cart_id === undefined ? undefined : await work.get(carts, asked.cart_id);
  const items = asked.items ?? itemsOfCart(cart);
  const priced = await price({ ...asked, items }, work);
  const { user_id, cart_id, session_id } = asked;
  const before = newOrder(orderId, { currency: priced.currency, atMs: nowMs });
  const order: Order & { user_id: string } = {
    ...before,
    source: "checkout",
    user_id,
    cart_id,
    session_id,
    ...priced,
  };
  if (cart_id !== undefined) await closeCart({ ...order, cart_id }, cart ?? emptyCart(cart_id), work);
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

async function closeCart(
  order: Order & { user_id: string; cart_id: string },
  cart: Cart,
  work: Work,
): Promise<void> {
  const { order_id, user_id, cart_id, session_id, placed_at_ms: at_ms } = order;
  const [shopper = EMPTY_SHOPPER] = await work.getAll(shoppers, [user_id]);
  const [session = EMPTY_SESSION] = session_id === undefined ? [] : await work.getAll(sessions, [session_id]);
  const placed = {
    order_id,
    at_ms,
    received_at_ms: at_ms,
    product_ids: order.items.map(item => item.product_id),
  };
  const route = routeOrder({ ...placed, user_id, cart_id }, { shopper, session });
  if (route?.shopper) work.set(shoppers, user_id, route.shopper);
  if (route?.session && session_id !== undefined) work.set(sessions, session_id, route.session);
  writeCart(
    cart,
    checkoutCart(cart, { order_id, at_ms, user_id }, { idleMs: config().abandonAfterMs }),
    work,
  );
}
