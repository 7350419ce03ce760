import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ShopEvent, World } from "./cart.test-world.ts";
import { after, afterTask, emptyWorld, IDLE_MS } from "./cart.test-world.ts";

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
  products: fc.subarray(["a", "b", "c"], { minLength: 1 }),
  at: fc.integer({ min: 1, max: 40 }),
  delay: fc.integer({ min: 0, max: 15 }),
  secondReport: fc.boolean(),
  cancelled: fc.boolean(),
});

const arbDelivery = fc.record({
  visits: fc.array(arbVisit, { minLength: 1, maxLength: 7 }),
  orders: fc.array(arbOrder, { minLength: 1, maxLength: 2 }),
  shuffle: fc.array(fc.nat(), { minLength: 15, maxLength: 15 }),
  pauses: fc.array(fc.integer({ min: 0, max: IDLE_MS + 5 }), { minLength: 15, maxLength: 15 }),
});

interface Heard {
  event: ShopEvent;
  received_at_ms: number;
}

function visitEvent(visit: typeof arbVisit extends fc.Arbitrary<infer T> ? T : never, index: number): Heard {
  const received_at_ms = visit.at + visit.delay;
  const user = visit.guest ? {} : { user_id: USER };
  const { product: product_id, quantity, at: at_ms, session: session_id } = visit;
  const shared = { id: `evt_${index}`, at_ms, received_at_ms, session_id, product_id, quantity, ...user };
  const fact = { ...shared, kind: visit.remove ? ("remove" as const) : ("add" as const) };
  return { event: { type: "visit", cart_id: visit.cart, session_id, fact }, received_at_ms };
}

function orderEvents(order: typeof arbOrder extends fc.Arbitrary<infer T> ? T : never, index: number): Heard[] {
  const order_id = `ord_${index}`;
  const received_at_ms = order.by === "checkout" ? order.at : order.at + order.delay;
  const placed: Placed = {
    type: "placed",
    items: order.products.map(product_id => ({ product_id, quantity: 2 })),
    order: {
      order_id,
      at_ms: order.at,
      received_at_ms,
      product_ids: order.products,
      user_id: USER,
      ...(order.by === "cart" || order.by === "checkout" ? { cart_id: order.cart } : {}),
      ...(order.by === "session" ? { session_id: order.session } : {}),
    },
  };
  const reports: Heard[] = [{ event: placed, received_at_ms: order.at + order.delay }];
  if (order.secondReport) reports.push({ event: secondReport(placed, order), received_at_ms: order.at + 9 });
  if (order.cancelled) {
    reports.push({ event: { type: "cancelled", order_id }, received_at_ms: order.at + order.delay });
  }
  if (order.by !== "checkout") return reports;
  const checkout: Checkout = { type: "checkout", order: { ...placed.order, cart_id: order.cart } };
  return [{ event: checkout, received_at_ms: order.at }, ...reports];
}

/** Two outside reports must agree (two that differ are the stated residual); a checkout is known before any. */
function secondReport(placed: Placed, order: { by: string; at: number }): Placed {
  if (order.by !== "checkout") return placed;
  const { cart_id: _, ...elsewhere } = placed.order;
  return { ...placed, order: { ...elsewhere, at_ms: order.at + 9, received_at_ms: order.at + 9 } };
}

/** Delivers at the earliest legal time plus a pause. Commands run at their own time, whatever is late. */
class Delivery {
  world: World = emptyWorld();
  nowMs = 0;
  private readonly checkouts: Heard[];
  constructor(history: readonly Heard[]) {
    this.checkouts = history
      .filter(heard => heard.event.type === "checkout")
      .sort((a, b) => a.received_at_ms - b.received_at_ms);
  }
  advanceTo(ms: number): void {
    for (let next = this.checkouts[0]; next && next.received_at_ms <= ms; next = this.checkouts[0]) {
      this.world = after(this.world, next.event);
      this.checkouts.shift();
    }
    this.nowMs = Math.max(this.nowMs, ms);
  }
  deliver({ event, received_at_ms }: Heard, pause: number): void {
    this.advanceTo(Math.max(this.nowMs, received_at_ms));
    this.world = after(this.world, event);
    if (pause === 0) return;
    this.advanceTo(this.nowMs + pause);
    this.fireDue();
  }
  fireDue(): void {
    for (const task of this.world.tasks.filter(({ dueMs }) => dueMs <= this.nowMs)) {
      this.world = afterTask(this.world, task, { nowMs: this.nowMs }).world;
    }
  }
  settle(): void {
    while (this.world.tasks.length > 0) {
      this.advanceTo(Math.max(this.nowMs, Math.min(...this.world.tasks.map(task => task.dueMs))));
      this.fireDue();
    }
  }
}
