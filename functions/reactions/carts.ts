import { isDeepStrictEqual } from "node:util";
import { CARTS, holdCarts } from "../../shared/carts/write-cart.ts";
import { sessions, shoppers } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { addItem, applyOrder, removeItem } from "../../shared/rules/cart/cart.ts";
import type { AddFact, RemoveFact } from "../../shared/rules/cart/cart-facts.ts";
import type { Memories, PlacedOrder } from "../../shared/rules/cart/cart-memory.ts";
import {
  cartIdOf,
  EMPTY_SESSION,
  EMPTY_SHOPPER,
  rememberOrder,
  routeOrder,
  routeVisit,
} from "../../shared/rules/cart/cart-memory.ts";
import { toMinor } from "../../shared/values/money.ts";

type Visit = PulseCartEvent<"cart.item_added" | "cart.item_removed">;

/** Keeps every cart as its shopper left it, and closes what an order covers. */
export const carts = reaction(
  CARTS,
  {
    "cart.item_added": (event, work) => visit(event, addFact(event), work),
    "cart.item_removed": (event, work) => visit(event, removeFact(event), work),
    "order.placed": placed,
  },
  { ordered: true },
);

async function visit(event: Visit, fact: AddFact | RemoveFact, work: Work): Promise<void> {
  const { session_id: sessionId, user_id: userId } = event;
  const held = holdCarts(work);
  const cartId = cartIdOf({ ...cartIdIn(event), session_id: sessionId });
  const cart = await held.read(cartId);
  const userIds = [...new Set([...cart.user_ids, ...(userId === undefined ? [] : [userId])])];
  const session = (await work.get(sessions, sessionId)) ?? EMPTY_SESSION;
  const known = (await work.getAll(shoppers, userIds)).map(shopper => shopper ?? EMPTY_SHOPPER);
  const route = routeVisit({ cart_id: cartId, at_ms: fact.at_ms }, session, known);
  const shopperOf = new Map(userIds.map((id, index) => [id, route.shoppers[index] ?? EMPTY_SHOPPER]));
  const context = { idleMs: config().abandonAfterMs, orders: route.orders };
  await held.change(
    cartId,
    fact.kind === "add" ? c => addItem(c, fact, context) : c => removeItem(c, fact, context),
  );
  for (const order of route.found) {
    const owner = order.user_id ?? "";
    const shopper = shopperOf.get(owner) ?? (await work.get(shoppers, owner)) ?? EMPTY_SHOPPER;
    const remembered = rememberOrder(shopper, order);
    shopperOf.set(owner, remembered);
    for (const id of remembered.cart_ids) await held.changeStored(id, c => applyOrder(c, order, context));
  }
  held.write();
  if (!isDeepStrictEqual(route.session, session)) work.set(sessions, sessionId, route.session);
  for (const [id, shopper] of shopperOf) {
    if (!isDeepStrictEqual(shopper, known[userIds.indexOf(id)])) work.set(shoppers, id, shopper);
  }
}

async function placed(event: PulseCartEvent<"order.placed">, work: Work): Promise<Skip | undefined> {
  const { order_id, user_id, session_id, payload } = event;
  const order: PlacedOrder = {
    ...times(event),
    order_id,
    product_ids: payload.items.map(item => item.product_id),
    ...(user_id === undefined ? {} : { user_id }),
    ...(session_id === undefined ? {} : { session_id }),
    ...cartIdIn(event),
  };
  const route = routeOrder(order, await memoriesOf(order, work));
  if (!route) return skip("this order has already closed what it closes");
  const held = holdCarts(work);
  const context = { idleMs: config().abandonAfterMs };
  for (const id of route.cartIds) {
    const change = id === order.cart_id ? held.change : held.changeStored;
    await change(id, cart => applyOrder(cart, route.order, context));
  }
  held.write();
  if (route.shopper && user_id !== undefined) work.set(shoppers, user_id, route.shopper);
  if (route.session && session_id !== undefined) work.set(sessions, session_id, route.session);
  return undefined;
}

async function memoriesOf({ user_id, session_id }: PlacedOrder, work: Work): Promise<Memories> {
  const shopper = user_id === undefined ? undefined : ((await work.get(shoppers, user_id)) ?? EMPTY_SHOPPER);
  const session =
    session_id === undefined ? undefined : ((await work.get(sessions, session_id)) ?? EMPTY_SESSION);
  return { ...(shopper ? { shopper } : {}), ...(session ? { session } : {}) };
}

/** Names are kept for whoever reads the cart, once with each fact: long ones would fill the document. */
const MAX_NAME_CHARACTERS = 100;

function addFact(event: PulseCartEvent<"cart.item_added">): AddFact {
  const {
    product_id,
    quantity,
    unit_price,
    product_name,
    currency = config().defaultCurrency,
  } = event.payload;
  const priceMinor = unit_price === undefined ? undefined : toMinor(unit_price, currency);
  return {
    ...factOf(event),
    kind: "add",
    product_id,
    quantity,
    ...(priceMinor === undefined ? {} : { unit_price_minor: priceMinor, currency }),
    ...(product_name === undefined
      ? {}
      : { product_name: product_name.slice(0, MAX_NAME_CHARACTERS).toWellFormed() }),
  };
}

function removeFact(event: PulseCartEvent<"cart.item_removed">): RemoveFact {
  const { product_id, quantity } = event.payload;
  return {
    ...factOf(event),
    kind: "remove",
    product_id,
    ...(quantity === undefined ? {} : { quantity }),
  };
}

function factOf(event: Visit) {
  return {
    ...times(event),
    id: `${event.producer}.${event.event_id}`,
    session_id: event.session_id,
    ...(event.user_id === undefined ? {} : { user_id: event.user_id }),
  };
}

function times(event: PulseCartEvent): { at_ms: number; received_at_ms: number } {
  return { at_ms: happenedAt(event), received_at_ms: Date.parse(event.received_at) };
}

function cartIdIn({ payload }: { payload: { cart_id?: string | undefined } }): {
  cart_id?: string;
} {
  return payload.cart_id === undefined ? {} : { cart_id: payload.cart_id };
}
