import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { CartWorld, ShopEvent } from "../../../scripts/test/worlds/cart-world.ts";
import { afterEvent, afterTask, CART_IDLE_MS, emptyWorld } from "../../../scripts/test/worlds/cart-world.ts";

import type { Cart } from "./cart.ts";

type Visit = Extract<ShopEvent, { type: "visit" }>;
type Placed = Extract<ShopEvent, { type: "placed" }>;
type Checkout = Extract<ShopEvent, { type: "checkout" }>;

const USER = "usr_1";
const NO_CART_SESSION = "sess_3";

const arbVisit = fc.record({
  cart: fc.constantFrom("cart_1", "cart_2"),
  session: fc.constantFrom("sess_1", "sess_2"),
  guest: fc.boolean(),
  remove: fc.boolean(),
  product: fc.constantFrom("a", "b", "c"),
  quantity: fc.integer({ min: 1, max: 3 }),
  at: fc.integer({ min: 1, max: 40 }),
  delay: fc.integer({ min: 0, max: 15 }),
});

const arbOrder = fc.record({
  by: fc.constantFrom("cart", "session", "user", "checkout"),
  cart: fc.constantFrom("cart_1", "cart_2"),
  session: fc.constantFrom("sess_1", "sess_2", NO_CART_SESSION),
  products: fc.subarray(["a", "b", "c"]),
  at: fc.integer({ min: 1, max: 40 }),
  delay: fc.integer({ min: 0, max: 15 }),
  secondReport: fc.boolean(),
  cancelled: fc.boolean(),
});

const arbDelivery = fc.record({
  visits: fc.array(arbVisit, { minLength: 1, maxLength: 7 }),
  orders: fc.array(arbOrder, { minLength: 1, maxLength: 2 }),
  shuffle: fc.array(fc.nat(), { minLength: 15, maxLength: 15 }),
  pauses: fc.array(fc.integer({ min: 0, max: CART_IDLE_MS + 5 }), { minLength: 15, maxLength: 15 }),
});

interface ReceivedEvent {
  event: ShopEvent;
  received_at_ms: number;
}

function visitEvent(
  visit: typeof arbVisit extends fc.Arbitrary<infer T> ? T : never,
  index: number,
): ReceivedEvent {
  const received_at_ms = visit.at + visit.delay;
  const user = visit.guest ? {} : { user_id: USER };
  const { product: product_id, quantity, at: at_ms, session: session_id } = visit;
  const shared = { id: `evt_${index}`, at_ms, received_at_ms, session_id, product_id, quantity, ...user };
  const fact = { ...shared, kind: visit.remove ? ("remove" as const) : ("add" as const) };
  return { event: { type: "visit", cart_id: visit.cart, session_id, fact }, received_at_ms };
}

function orderEvents(
  order: typeof arbOrder extends fc.Arbitrary<infer T> ? T : never,
  index: number,
): ReceivedEvent[] {
  const order_id = `ord_${index}`;
  const received_at_ms = order.by === "checkout" ? order.at : order.at + order.delay;
  // A checkout always has items; a report of another system may name none.
  const products = order.by === "checkout" && order.products.length === 0 ? ["a"] : order.products;
  const placed: Placed = {
    type: "placed",
    items: products.map(product_id => ({ product_id, quantity: 2 })),
    order: {
      order_id,
      at_ms: order.at,
      received_at_ms,
      product_ids: products,
      user_id: USER,
      ...(order.by === "cart" || order.by === "checkout" ? { cart_id: order.cart } : {}),
      ...(order.by === "session" ? { session_id: order.session } : {}),
    },
  };
  const reports: ReceivedEvent[] = [{ event: placed, received_at_ms: order.at + order.delay }];
  if (order.secondReport) reports.push({ event: secondReport(placed, order), received_at_ms: order.at + 9 });
  if (order.cancelled) {
    reports.push({ event: { type: "cancelled", order_id }, received_at_ms: order.at + order.delay });
  }
  if (order.by !== "checkout") return reports;
  const checkout: Checkout = { type: "checkout", order: { ...placed.order, cart_id: order.cart } };
  return [{ event: checkout, received_at_ms: order.at }, ...reports];
}

/**
 * Creates the second report of an order. Two outside reports must agree: two that differ are the stated exception. A
 * checkout is known before any report, so its second report may differ.
 */
function secondReport(placed: Placed, order: { by: string; at: number }): Placed {
  if (order.by !== "checkout") return placed;
  const { cart_id: _, ...elsewhere } = placed.order;
  return { ...placed, order: { ...elsewhere, at_ms: order.at + 9, received_at_ms: order.at + 9 } };
}

interface Delivery {
  world: CartWorld;
  nowMs: number;
  /** The products that each checkout read in its cart, by order. */
  read: Map<string, string[]>;
  /** Commands that have not run yet. A command runs at its own time, even when events are late. */
  checkouts: ReceivedEvent[];
}

function advanceTo(delivery: Delivery, ms: number): void {
  for (let next = delivery.checkouts[0]; next && next.received_at_ms <= ms; next = delivery.checkouts[0]) {
    const { order } = next.event as Checkout;
    const lines = delivery.world.carts[order.cart_id ?? ""]?.lines ?? [];
    delivery.read.set(
      order.order_id,
      lines.map(({ product_id }) => product_id),
    );
    delivery.world = afterEvent(delivery.world, next.event);
    delivery.checkouts.shift();
  }
  delivery.nowMs = Math.max(delivery.nowMs, ms);
}

function fireDue(delivery: Delivery): void {
  for (const task of delivery.world.tasks.filter(({ dueMs }) => dueMs <= delivery.nowMs)) {
    const { world, decision } = afterTask(delivery.world, task, { nowMs: delivery.nowMs });
    delivery.world = world;
    if (decision.kind === "abandon") expectNoCoveredLine(world, decision.cart);
  }
}

/** Delivers each event at its earliest time, followed by a pause with its due tasks. At the end all tasks run. */
function deliver(history: readonly ReceivedEvent[], pauses: readonly number[]): Delivery {
  const isCommand = ({ event }: ReceivedEvent) => event.type === "checkout";
  const checkouts = history.filter(isCommand).sort((a, b) => a.received_at_ms - b.received_at_ms);
  const delivery: Delivery = { world: emptyWorld(), nowMs: 0, checkouts, read: new Map() };
  history
    .filter(received => !isCommand(received))
    .forEach(({ event, received_at_ms }, index) => {
      advanceTo(delivery, received_at_ms);
      delivery.world = afterEvent(delivery.world, event);
      const pause = pauses[index] ?? 0;
      if (pause === 0) return;
      advanceTo(delivery, delivery.nowMs + pause);
      fireDue(delivery);
    });
  advanceTo(delivery, Number.MAX_SAFE_INTEGER / 2);
  while (delivery.world.tasks.length > 0) fireDue(delivery);
  return delivery;
}

/** Compares an abandoned cart with the orders of its user, without the replay of the rules. */
function expectNoCoveredLine(world: CartWorld, cart: Cart): void {
  const orders = cart.user_ids.flatMap(id => world.shoppers[id]?.orders ?? []);
  const covered = cart.lines.filter(({ product_id, added_at_ms }) =>
    orders.some(
      ({ at_ms, product_ids }) =>
        added_at_ms <= at_ms && (product_ids.length === 0 || product_ids.includes(product_id)),
    ),
  );
  expect(cart.lines.length).toBeGreaterThan(0);
  expect(covered).toEqual([]);
}

function outcome(world: CartWorld): unknown {
  const carts = Object.values(world.carts).map(({ cart_id, status, lines }) => ({
    cart_id,
    status,
    lines: lines.map(line => [line.product_id, line.quantity]).sort(),
  }));
  const decided = carts.filter(cart => cart.status !== "open");
  expect(carts.filter(cart => cart.status === "open" && cart.lines.length > 0)).toEqual([]);
  return {
    carts: decided.sort((a, b) => (a.cart_id < b.cart_id ? -1 : 1)),
    stock: withoutZeros(world.stock),
  };
}

function withoutZeros(stock: Record<string, number>): unknown {
  return Object.entries(stock)
    .filter(([, quantity]) => quantity !== 0)
    .sort();
}

interface PlainCart {
  lines: Map<string, number>;
  bought: boolean;
  sessions: Set<string>;
  users: Set<string>;
}

/**
 * Runs a simple shop in which all events arrive at once and in order: the expected end of every delivery.
 * @param read the products that each checkout read: late events are not among them
 */
function plainShop(history: readonly ReceivedEvent[], read: Delivery["read"]): unknown {
  const visits = history.flatMap(({ event }) => (event.type === "visit" ? [event] : []));
  const orders = firstReports(history);
  const carts = new Map(visits.map(visit => [visit.cart_id, plainCart(visits, visit.cart_id)]));
  for (const fact of inOrderOfTime(visits, orders)) {
    if ("visit" in fact) plainVisit(carts, fact.visit);
    else plainOrder(carts, fact.order, read.get(fact.order.order_id) ?? []);
  }
  const ends = [...carts].map(([cart_id, { lines, bought }]) => ({
    cart_id,
    status: lines.size > 0 ? "abandoned" : bought ? "bought" : "open",
    lines: [...lines].sort(),
  }));
  const decided = ends.filter(cart => cart.status !== "open");
  return {
    carts: decided.sort((a, b) => (a.cart_id < b.cart_id ? -1 : 1)),
    stock: withoutZeros(plainStock(history, orders)),
  };
}

/** Lists the first report of each order. */
function firstReports(history: readonly ReceivedEvent[]): Placed[] {
  const placed = new Map<string, Placed>();
  for (const { event } of history) {
    if (event.type === "placed" && !placed.has(event.order.order_id)) placed.set(event.order.order_id, event);
  }
  return [...placed.values()];
}

/** Sorts visits and orders by time. An order comes last within a millisecond. */
function inOrderOfTime(visits: readonly Visit[], orders: readonly Placed[]) {
  const orderFacts = orders.map(({ order }) => ({ at: order.at_ms, received: Infinity, id: "", order }));
  const visitFacts = visits.map(visit => {
    const { at_ms: at, received_at_ms: received, id } = visit.fact;
    return { at, received, id, visit };
  });
  return [...visitFacts, ...orderFacts].sort(
    (a, b) => a.at - b.at || a.received - b.received || (a.id < b.id ? -1 : 1),
  );
}

function plainStock(history: readonly ReceivedEvent[], orders: readonly Placed[]): Record<string, number> {
  const cancelled = new Set(
    history.flatMap(({ event }) => (event.type === "cancelled" ? [event.order_id] : [])),
  );
  const stock: Record<string, number> = {};
  for (const { order, items } of orders) {
    if (cancelled.has(order.order_id)) continue;
    for (const item of items) stock[item.product_id] = (stock[item.product_id] ?? 0) - item.quantity;
  }
  return stock;
}

/** Creates a cart with the users and sessions of its whole life. A later login counts from the start. */
function plainCart(visits: readonly Visit[], cartId: string): PlainCart {
  const own = visits.filter(({ cart_id }) => cart_id === cartId);
  return {
    lines: new Map(),
    bought: false,
    sessions: new Set(own.map(({ session_id }) => session_id)),
    users: new Set(own.flatMap(({ fact }) => fact.user_id ?? [])),
  };
}

function plainVisit(carts: Map<string, PlainCart>, { cart_id, fact }: Visit): void {
  const cart = carts.get(cart_id);
  if (!cart) return;
  const held = cart.lines.get(fact.product_id) ?? 0;
  const quantity = held + (fact.kind === "add" ? fact.quantity : -(fact.quantity ?? held));
  if (quantity > 0) cart.lines.set(fact.product_id, quantity);
  else cart.lines.delete(fact.product_id);
  if (fact.kind === "add") cart.bought = false;
}

function plainOrder(carts: Map<string, PlainCart>, order: Placed["order"], read: readonly string[]): void {
  const { cart_id, session_id = "", user_id = "", product_ids } = order;
  for (const [id, { lines, sessions, users }] of carts) {
    if (id !== cart_id && !sessions.has(session_id) && !users.has(user_id)) continue;
    const wasEmpty = lines.size === 0;
    const alsoRead = id === cart_id ? read : [];
    for (const product of product_ids.length === 0 ? [...lines.keys()] : [...product_ids, ...alsoRead])
      lines.delete(product);
    const cart = carts.get(id);
    if (cart && !wasEmpty && lines.size === 0) cart.bought = true;
  }
}

test("ends in the same carts and stock in every order of arrival", () => {
  fc.assert(
    fc.property(arbDelivery, ({ visits, orders, shuffle, pauses }) => {
      const history = [...visits.map(visitEvent), ...orders.flatMap(orderEvents)];
      const shuffled = history
        .map((received, index) => ({ received, rank: shuffle[index] ?? 0 }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ received }) => received);
      const { world, read } = deliver(shuffled, pauses);
      expect(outcome(world)).toEqual(plainShop(history, read));
      const silences = world.abandoned.map(
        ({ cart_id, last_activity_ms }) => `${cart_id} ${last_activity_ms}`,
      );
      expect(new Set(silences).size).toBe(silences.length);
    }),
    { numRuns: Number(process.env["FC_RUNS"] ?? 400) },
  );
});
