import { CartEdits } from "../../shared/carts/cart-edits.ts";
import { CARTS } from "../../shared/carts/write-cart.ts";
import { products, sessions, shoppers } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { Cart } from "../../shared/rules/cart/cart.ts";
import { addItem, applyOrder, removeItem } from "../../shared/rules/cart/cart.ts";
import type { AddFact, RemoveFact } from "../../shared/rules/cart/cart-facts.ts";
import type { Memories, PlacedOrder } from "../../shared/rules/cart/cart-memory.ts";
import {
  cartIdOf,
  EMPTY_SESSION,
  EMPTY_SHOPPER,
  routeOrder,
  routeVisit,
} from "../../shared/rules/cart/cart-memory.ts";
import { shortName } from "../../shared/rules/cart/short-name.ts";
import { toMinor } from "../../shared/values/money.ts";

type CartEvent = PulseCartEvent<"cart.item_added" | "cart.item_removed">;

/** Keeps the lines of every cart and closes the lines that an order covers. */
export const carts = reaction(
  CARTS,
  {
    "cart.item_added": async (event, work) => applyItem(event, await addFact(event, work), work),
    "cart.item_removed": (event, work) => applyItem(event, removeFact(event), work),
    "order.placed": applyPlacedOrder,
  },
  { ordered: true },
);

async function applyItem(event: CartEvent, fact: AddFact | RemoveFact, work: Work): Promise<void> {
  const { session_id: sessionId, user_id: userId } = event;
  const edits = new CartEdits(work);
  const cartId = cartIdOf({ cart_id: event.payload.cart_id, session_id: sessionId });
  const cart = await edits.read(cartId);
  const userIds = [...new Set([...cart.user_ids, ...(userId === undefined ? [] : [userId])])];
  const session = (await work.get(sessions, sessionId)) ?? EMPTY_SESSION;
  const known = (await work.getAll(shoppers, userIds)).map(shopper => shopper ?? EMPTY_SHOPPER);
  const route = routeVisit(cartId, session, known);
  const context = { idleMs: config().abandonAfterMs, orders: route.orders };
  await edits.change(
    cartId,
    fact.kind === "add" ? c => addItem(c, fact, context) : c => removeItem(c, fact, context),
  );
  edits.write();
  if (route.session !== session) work.set(sessions, sessionId, route.session);
  route.shoppers.forEach((shopper, index) => {
    if (shopper !== known[index]) work.set(shoppers, userIds[index] ?? "", shopper);
  });
}

async function applyPlacedOrder(event: PulseCartEvent<"order.placed">, work: Work): Promise<Skip | void> {
  const { order_id, user_id, session_id, payload } = event;
  const order: PlacedOrder = {
    ...timesOf(event),
    order_id,
    product_ids: payload.items.map(item => item.product_id),
    user_id,
    session_id,
    cart_id: payload.cart_id,
  };
  const memories = await memoriesOf(order, work);
  const route = routeOrder(order, memories);
  const edits = new CartEdits(work);
  const context = { idleMs: config().abandonAfterMs };
  const close = (cart: Cart) => applyOrder(cart, route.order, context);
  for (const id of route.cartIds) {
    if (id === order.cart_id) await edits.change(id, close);
    else await edits.changeStored(id, close);
  }
  const { session, shopper } = route;
  const isRemembered = session === memories.session && shopper === memories.shopper;
  if (route.isKnown && isRemembered && !edits.hasChanges())
    return skip("checkout or an earlier report already covered the carts of this order");
  edits.write();
  if (shopper && shopper !== memories.shopper && user_id !== undefined) work.set(shoppers, user_id, shopper);
  if (session && session !== memories.session && session_id !== undefined)
    work.set(sessions, session_id, session);
}

async function memoriesOf({ user_id, session_id }: PlacedOrder, work: Work): Promise<Memories> {
  const shopper = user_id === undefined ? undefined : ((await work.get(shoppers, user_id)) ?? EMPTY_SHOPPER);
  const session =
    session_id === undefined ? undefined : ((await work.get(sessions, session_id)) ?? EMPTY_SESSION);
  return { shopper, session };
}

async function addFact(event: PulseCartEvent<"cart.item_added">, work: Work): Promise<AddFact> {
  const { product_id, quantity, unit_price, product_name } = event.payload;
  const currency = await currencyOf(event.payload, work);
  const priceMinor = unit_price === undefined ? undefined : toMinor(unit_price, currency);
  return {
    ...factOf(event),
    kind: "add",
    product_id,
    quantity,
    unit_price_minor: priceMinor,
    currency: priceMinor === undefined ? undefined : currency,
    product_name: shortName(product_name),
  };
}

/** Returns the currency of a price: the one it names, else that of our product, else the shop's default. */
async function currencyOf(
  { product_id, unit_price, currency }: PulseCartEvent<"cart.item_added">["payload"],
  work: Work,
): Promise<string> {
  if (currency !== undefined || unit_price === undefined) return currency ?? config().defaultCurrency;
  return (await work.get(products, product_id))?.currency ?? config().defaultCurrency;
}

function removeFact(event: PulseCartEvent<"cart.item_removed">): RemoveFact {
  const { product_id, quantity } = event.payload;
  return { ...factOf(event), kind: "remove", product_id, quantity };
}

function factOf(event: CartEvent) {
  return {
    ...timesOf(event),
    id: `${event.producer}.${event.event_id}`,
    session_id: event.session_id,
    user_id: event.user_id,
  };
}

function timesOf(event: PulseCartEvent): { at_ms: number; received_at_ms: number } {
  return { at_ms: happenedAt(event), received_at_ms: Date.parse(event.received_at) };
}
