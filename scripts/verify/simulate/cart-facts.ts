import type { Accepted } from "./accepted.ts";
import type { AcceptedOrder } from "./accepted-orders.ts";
import type { CartFact } from "./cart-model.ts";
import type { Sent } from "./run-day.ts";
import type { ArchivedEvent, Item } from "./shop-state.ts";

/**
 * Turns accepted events and orders into facts about carts.
 * @returns one list per shopper; users with the same id apart from the prefix are one shopper
 */
export function cartFactsOf(accepted: Accepted, archive: readonly ArchivedEvent[]): CartFact[][] {
  const receivedMs = new Map(
    archive
      .filter(({ producer }) => producer === "ingest")
      .map(({ event_id, event }) => [event_id, Date.parse(event.received_at)]),
  );
  const facts = [...accepted.events].flatMap(([id, sent]) => factOf(sent, receivedMs.get(id)) ?? []);
  const ours = [...accepted.orders.values()].filter(order => order.isOurs);
  const byShopper = Map.groupBy([...ours.map(orderFactOf), ...facts], ({ user }) =>
    user.replace(/^[a-z]+_/, ""),
  );
  return [...byShopper.values()];
}

/** Reads a fact from its first request. The time of receipt is exact when the event was sent once. */
function factOf(sent: readonly Sent[], receivedMs: number | undefined): CartFact | undefined {
  const [first] = sent;
  if (!first || first.step.isForeign) return undefined;
  // biome-ignore lint/suspicious/noExplicitAny: events of every type
  const body: any = first.body;
  const inTime = sent.filter(({ burst }) => burst === first.burst);
  const isOnce = inTime.length === 1 && first.tries === 1 && receivedMs !== undefined;
  const fromMs = isOnce ? receivedMs : first.fromMs;
  const toMs = isOnce ? receivedMs : Math.max(...inTime.map(one => one.toMs));
  const atMs = Math.min(Date.parse(body.timestamp), fromMs);
  const moment = { atMs, fromMs, toMs, burst: first.burst, user: body.user_id };
  const session = body.session_id;
  if (body.event_type === "order.placed") {
    const { cart_id: cart, items } = body.payload;
    const products = items.map((item: Item) => item.product_id);
    return { kind: "order", ...moment, order: body.order_id, products, coversAtOnce: false, cart, session };
  }
  const [, kind] = /^cart\.item_(add|remove)/.exec(body.event_type) ?? [];
  if (kind !== "add" && kind !== "remove") return undefined;
  const { product_id: product, quantity, cart_id = `cart_${session}` } = body.payload;
  return { kind, ...moment, cart: cart_id, session, product, quantity };
}

function orderFactOf({ id, sent, user, items, burst }: AcceptedOrder): CartFact {
  const { cart_id: cart, session_id: session, placed_at } = sent.answer;
  return {
    kind: "order",
    order: id,
    atMs: Date.parse(placed_at),
    fromMs: sent.fromMs,
    toMs: sent.toMs,
    burst,
    user,
    products: items.map(({ product_id }) => product_id),
    coversAtOnce: true,
    cart,
    session,
  };
}
