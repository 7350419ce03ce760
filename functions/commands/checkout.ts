import * as v from "valibot";
import type { Order } from "../../shared/collections.ts";
import { carts, orders, products, sessions, shoppers } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import { currency, id, listOf, money, quantity, text } from "../../shared/events/define.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import { writeCart } from "../../shared/held-carts.ts";
import type { HttpAnswer, HttpRequest } from "../../shared/http/handler.ts";
import { httpFunction } from "../../shared/http/http-function.ts";
import { idIn, noSuch } from "../../shared/http/path-id.ts";
import { Problem } from "../../shared/http/problem.ts";
import { invalidBody, validBody } from "../../shared/http/valid-body.ts";
import type { Command, Decision } from "../../shared/pipeline/command.ts";
import { command } from "../../shared/pipeline/command.ts";
import type { Work } from "../../shared/pipeline/unit-of-work.ts";
import type { Cart } from "../../shared/rules/cart.ts";
import { checkoutCart, emptyCart } from "../../shared/rules/cart.ts";
import { EMPTY_SESSION, EMPTY_SHOPPER, routeOrder } from "../../shared/rules/cart-memory.ts";
import { fromMinor } from "../../shared/rules/money.ts";
import type { PricedOrder, PricedProduct } from "../../shared/rules/order.ts";
import { cancelOrder, placeOrder } from "../../shared/rules/order.ts";

/** The owner of orders: it decides, commits, and announces what it decided. */
export const checkout = httpFunction("checkout", {
  "POST /orders": command("checkout", place),
  "GET /orders/:id": getOrder,
  "POST /orders/:id/cancel": command("checkout", cancel),
});

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

/** Places an order and closes the cart it came from, in one transaction: no reminder can be decided afterwards. */
async function place({ body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const asked = validBody(orderBody, body);
  const orderId = newId("ord");
  const cart = asked.cart_id === undefined ? undefined : await work.get(carts, asked.cart_id);
  const items = asked.items ?? itemsOf(cart);
  const priced = await price({ ...asked, items }, work);
  const { user_id, cart_id, session_id } = asked;
  const links = {
    ...(cart_id === undefined ? {} : { cart_id }),
    ...(session_id === undefined ? {} : { session_id }),
  };
  const order: Order = {
    order_id: orderId,
    user_id,
    ...links,
    ...priced,
    placed_at_ms: nowMs,
  };
  if (cart_id !== undefined) await closeCart({ ...order, cart_id }, cart ?? emptyCart(cart_id), work);
  work.create(orders, orderId, order);
  work.emit({
    event_type: "order.placed",
    order_id: orderId,
    user_id,
    ...(session_id === undefined ? {} : { session_id }),
    payload: {
      ...amountsOf(priced),
      ...(cart_id === undefined ? {} : { cart_id }),
    },
  });
  return {
    status: 201,
    body: shown(order),
    headers: { location: `/orders/${orderId}` },
    aggregate: orderId,
  };
}

/** Without items of its own an order takes what is in the cart it names. */
function itemsOf(cart: Cart | undefined): NonNullable<OrderBody["items"]> {
  const items = (cart?.lines ?? []).map(({ product_id, quantity }) => ({
    product_id,
    quantity,
  }));
  if (items.length > 0) return items;
  throw invalidBody([
    {
      pointer: "/items",
      expected: "items, or the cart_id of a cart that holds some",
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

async function closeCart(order: Order & { cart_id: string }, cart: Cart, work: Work): Promise<void> {
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

const cancelBody = v.strictObject({ reason: v.optional(text(1000)) });

async function cancel({ params, body }: Command, work: Work): Promise<Decision> {
  const { reason } = validBody(cancelBody, body);
  const order = await work.get(orders, idIn(params, "order"));
  if (!order) throw noSuch("order");
  const decision = cancelOrder(order.state);
  if (!decision.allowed)
    throw new Problem({
      status: 409,
      slug: "order-state",
      detail: decision.reason,
    });
  const why = reason === undefined ? {} : { reason };
  const cancelled: Order = {
    ...order,
    state: decision.state,
    ...(reason === undefined ? {} : { cancel_reason: reason }),
  };
  work.set(orders, order.order_id, cancelled);
  const items = order.items.map(({ product_id, quantity }) => ({
    product_id,
    quantity,
  }));
  work.emit({
    event_type: "order.cancelled",
    order_id: order.order_id,
    user_id: order.user_id,
    payload: { ...why, items },
  });
  return { status: 200, body: shown(cancelled), aggregate: order.order_id };
}

async function getOrder({ params }: HttpRequest): Promise<HttpAnswer> {
  const order = await readDocument(orders, idIn(params, "order"));
  if (!order) throw noSuch("order");
  return { status: 200, body: shown(order) };
}

function shown({ order_id, user_id, state, placed_at_ms, ...order }: Order) {
  const { cart_id, session_id, cancel_reason } = order;
  return {
    order_id,
    user_id,
    state,
    ...amountsOf(order),
    cart_id,
    session_id,
    cancel_reason,
    placed_at: new Date(placed_at_ms).toISOString(),
  };
}

/** Amounts as they travel: decimals of the currency's main unit. */
function amountsOf({ items, total_minor, currency }: Pick<Order, "items" | "total_minor" | "currency">) {
  return {
    items: items.map(({ product_id, name, quantity, unit_price_minor }) => ({
      product_id,
      ...(name === undefined ? {} : { product_name: name }),
      quantity,
      unit_price: fromMinor(unit_price_minor, currency),
    })),
    total: fromMinor(total_minor, currency),
    currency,
  };
}
