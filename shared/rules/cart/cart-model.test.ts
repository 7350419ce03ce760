/**
 * Every interleaving of a short history, run on the rules themselves. A customer adds a (tick 1), orders a (tick 2) and
 * adds b (tick 3). Timers, reminders and a parked order may come in between.
 */
import { expect, test } from "@jest/globals";
import type { CartWorld, ShopEvent } from "../../../scripts/test/worlds/cart-world.ts";
import {
  afterEvent,
  afterTask,
  CART_IDLE_MS,
  caughtUp,
  emptyWorld,
} from "../../../scripts/test/worlds/cart-world.ts";
import { happenedAtMs } from "../../events/happened-at.ts";
import { markReminded } from "./cart-timer.ts";

const TICK = CART_IDLE_MS / 2;
const END = 7;
const CART = "cart_1";
const OTHER_CART = "cart_2";
const USER = { user_id: "usr_1" };

interface Variant {
  by: "cart" | "user" | "checkout";
  /** True when the client that added a stamps a later time. */
  clockAhead?: boolean;
  /** True when another system reports the order once more, with another time. */
  secondReport?: boolean;
  /** True when b is added once more. */
  more?: boolean;
  /** True when the order's event may wait in a lane. */
  park?: boolean;
  /** True when a second device has a cart with a as well. */
  twoDevices?: boolean;
  /** True when b is added before the order, which names only a. */
  partial?: boolean;
}

interface State {
  now: number;
  left: string[];
  lane: "never" | "may" | "holds" | "held";
  /** The planned reminders: the cycle by cart. */
  planned: Record<string, number>;
  orderApplied: boolean;
  world: CartWorld;
}

interface AddOptions {
  stampedTick?: number;
  cart_id?: string;
}

function added(
  product_id: string,
  tick: number,
  { stampedTick = tick, cart_id = CART }: AddOptions = {},
): ShopEvent {
  const received_at_ms = tick * TICK;
  const at_ms = happenedAtMs({ timestampMs: stampedTick * TICK, receivedAtMs: received_at_ms });
  const session_id = `sess of ${cart_id}`;
  const times = { at_ms, received_at_ms, session_id, ...USER };
  const fact = {
    kind: "add" as const,
    id: `${product_id} ${tick} ${cart_id}`,
    product_id,
    quantity: 1,
    ...times,
  };
  return { type: "visit", cart_id, session_id, fact };
}

function ordered(tick: number, cart_id?: string): ShopEvent & { type: "placed" } {
  const times = { at_ms: tick * TICK, received_at_ms: tick * TICK };
  const order = { order_id: "ord_1", ...times, ...USER, product_ids: ["a"], cart_id };
  return { type: "placed", order, items: [{ product_id: "a", quantity: 1 }] };
}

function eventsOf({ by, clockAhead, partial }: Variant): Record<string, { tick: number; event: ShopEvent }> {
  const order = ordered(2, by === "user" ? undefined : CART);
  const command: ShopEvent = { type: "checkout", order: { ...order.order, cart_id: CART } };
  return {
    a: { tick: 1, event: added("a", 1, { stampedTick: clockAhead ? 9 : 1 }) },
    other: { tick: 1, event: added("a", 1, { cart_id: OTHER_CART }) },
    command: { tick: 2, event: command },
    order: { tick: 2, event: order },
    b: partial ? { tick: 1, event: added("b", 1) } : { tick: 3, event: added("b", 3) },
    second: { tick: 4, event: ordered(4) },
    more: { tick: 4, event: added("b", 4) },
  };
}

function start(variant: Variant): State {
  const left = ["a", "order", "b"];
  if (variant.by === "checkout") left.push("command");
  if (variant.secondReport) left.push("second");
  if (variant.more) left.push("more");
  if (variant.twoDevices) left.push("other");
  const lane = variant.park ? "may" : "never";
  return { now: 0, left, lane, planned: {}, orderApplied: false, world: emptyWorld() };
}

function next(state: State, events: ReturnType<typeof eventsOf>): State[] {
  const commandPending = state.left.includes("command");
  const ticks = state.now < END && !(commandPending && state.now === 2);
  const arrivals = state.left
    .filter(name => state.now >= (events[name]?.tick ?? END))
    // An event after the command cannot arrive before the command.
    .filter(name => !commandPending || name === "a" || name === "other" || name === "command")
    .flatMap(name => arrived(state, name, events[name]?.event));
  return [
    ...(ticks ? [{ ...state, now: state.now + 1 }] : []),
    ...arrivals,
    ...fired(state),
    ...reminded(state),
  ];
}

function arrived(state: State, name: string, event: ShopEvent | undefined): State[] {
  if (!event) return [];
  const arrivedState: State = {
    ...state,
    left: state.left.filter(other => other !== name),
    world: afterEvent(state.world, event),
    orderApplied: state.orderApplied || name === "order" || name === "command",
    lane: name === "order" && state.lane === "holds" ? "held" : state.lane,
  };
  return name === "order" && state.lane === "may"
    ? [arrivedState, { ...state, lane: "holds" }]
    : [arrivedState];
}

function fired(state: State): State[] {
  const nowMs = state.now * TICK;
  const heldBack = state.lane === "holds" ? { retryAtMs: nowMs + TICK } : undefined;
  return state.world.tasks
    .filter(task => task.dueMs <= nowMs)
    .map(task => {
      const { world, decision } = afterTask(state.world, task, { nowMs, heldBack });
      const planned = decision.kind === "abandon" ? { [task.cart_id]: task.cycle } : {};
      return { ...state, world, planned: { ...state.planned, ...planned } };
    });
}

function reminded(state: State): State[] {
  return Object.entries(state.planned).map(([cartId, cycle]) => {
    const { [cartId]: _, ...planned } = state.planned;
    const cart = state.world.carts[cartId];
    if (state.lane === "holds" || !cart) return state;
    const remindedCart = markReminded(caughtUp(state.world, cart).cart, cycle);
    if (!remindedCart) return { ...state, planned };
    const isPurchased = state.orderApplied && remindedCart.lines.some(line => line.product_id === "a");
    expect({ isPurchased, state }).toMatchObject({ isPurchased: false });
    const world = { ...state.world, carts: { ...state.world.carts, [cartId]: remindedCart } };
    return { ...state, world, planned };
  });
}

/**
 * Checks every reachable state.
 * @returns the number of states, and of states without a successor
 */
function explore(variant: Variant): { states: number; ends: number } {
  const events = eventsOf(variant);
  const seen = new Set<string>();
  const queue = [start(variant)];
  let ends = 0;
  for (let state = queue.pop(); state; state = queue.pop()) {
    const key = JSON.stringify(state);
    if (seen.has(key)) continue;
    seen.add(key);
    const silences = state.world.abandoned.map(
      ({ cart_id, last_activity_ms }) => `${cart_id} ${last_activity_ms}`,
    );
    expect(new Set(silences).size).toBe(silences.length);
    const following = next(state, events);
    queue.push(...following);
    if (following.length > 0) continue;
    ends++;
    expectEnd(state, variant);
  }
  return { states: seen.size, ends };
}

function expectEnd({ world, left }: State, { more }: Variant): void {
  const cart = world.carts[CART];
  const lines = cart?.lines.map(line => [line.product_id, line.quantity]);
  expect({ left, lines, stock: world.stock }).toEqual({
    left: [],
    lines: [["b", more ? 2 : 1]],
    stock: { a: -1 },
  });
  expect(world.carts[OTHER_CART]?.lines ?? []).toEqual([]);
  // An open cart still has its task, due after the last tick.
  if (cart?.status === "open")
    expect(world.tasks).toContainEqual(expect.objectContaining({ step: cart.step }));
}

test.each<[string, Variant]>([
  ["an order that names the cart", { by: "cart", park: true }],
  ["an order that names neither cart nor session", { by: "user", park: true }],
  ["a checkout", { by: "checkout", park: true }],
  ["a checkout, with a client whose clock runs ahead", { by: "checkout", clockAhead: true }],
  ["a checkout, and an outside report of the same order", { by: "checkout", secondReport: true }],
  ["a checkout, with a second device", { by: "checkout", twoDevices: true }],
  ["an order that names the cart, with a second device", { by: "cart", twoDevices: true, park: true }],
  ["a partial order that names the cart", { by: "cart", partial: true, park: true }],
  ["a partial order that names neither cart nor session", { by: "user", partial: true, park: true }],
  ["an order that names the cart, and a further add", { by: "cart", more: true, park: true }],
])("keeps the unordered lines in every interleaving of %s", (_, variant) => {
  const { states, ends } = explore(variant);
  expect(states).toBeGreaterThan(100);
  expect(ends).toBeGreaterThan(1);
});
