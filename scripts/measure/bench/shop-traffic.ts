import { createDraws } from "../../local-cloud/faults/fault-draws.ts";

/** An event in the shape of `POST /events/ingest`. */
export interface ReportedEvent {
  event_type: string;
  event_id: string;
  timestamp: string;
  [field: string]: unknown;
}

const USERS = 5_000;
const PRODUCTS = 1_000;

/**
 * Events per 10,000, after the published data of RetailRocket and REES46: 96 % views, 2.5 % carts, 0.8 % orders. One
 * order in ten fails or is cancelled. Some of the views are searches.
 */
const SHARES: readonly [number, Maker][] = [
  [8_400, viewed],
  [1_220, searched],
  [250, added],
  [20, removed],
  [80, placed],
  [18, paid],
  [6, paymentFailed],
  [4, cancelled],
  [2, signedUp],
];

interface Draw {
  /** Draws a whole number from 0 up to `limit`, exclusive. */
  below(limit: number): number;
  /** Draws from the same range, small numbers far more often: few products make most of the views. */
  popular(limit: number): number;
  /** Number of orders so far. */
  orders: number;
  /** Number of payments so far. */
  payments: number;
}

type Maker = (draw: Draw) => Record<string, unknown>;

/** Creates an endless series of events with unique ids. The same seed gives the same events, except for their times. */
export function createShopTraffic(seed: number): { next(): ReportedEvent } {
  const { draw: drawOf } = createDraws(seed);
  const total = SHARES.reduce((sum, [share]) => sum + share, 0);
  const draw: Draw = {
    below: limit => Math.floor(drawOf("event") * limit),
    // Zipf's law with s = 1: ranks 1 to 10 are drawn as often as ranks 10 to 100.
    popular: limit => Math.floor(limit ** drawOf("rank")) - 1,
    orders: 0,
    payments: 0,
  };
  let made = 0;
  return {
    next() {
      made += 1;
      return {
        event_id: `evt_bench_${seed}_${made}`,
        timestamp: new Date().toISOString(),
        ...pick(draw.below(total))(draw),
      } as ReportedEvent;
    },
  };
}

function pick(at: number): Maker {
  let from = at;
  for (const [share, maker] of SHARES) {
    if (from < share) return maker;
    from -= share;
  }
  return viewed;
}

function viewed(draw: Draw) {
  const product = draw.popular(PRODUCTS);
  return {
    event_type: "product.viewed",
    ...visitor(draw),
    payload: { product_id: `prod_${product}`, product_name: `Wireless Headphones ${product}` },
  };
}

function searched(draw: Draw) {
  const payload = { query: `wireless headphones ${draw.popular(PRODUCTS)}`, results_count: draw.below(100) };
  return { event_type: "search.performed", ...visitor(draw), payload };
}

function added(draw: Draw) {
  return { event_type: "cart.item_added", ...visitor(draw), payload: line(draw) };
}

function removed(draw: Draw) {
  const payload = { product_id: `prod_${draw.popular(PRODUCTS)}`, quantity: 1 };
  return { event_type: "cart.item_removed", ...visitor(draw), payload };
}

function placed(draw: Draw) {
  draw.orders += 1;
  const items = [line(draw), line(draw)];
  const total = Math.round(items.reduce((sum, { unit_price }) => sum + unit_price, 0) * 100) / 100;
  return {
    event_type: "order.placed",
    ...visitor(draw),
    order_id: `ord_${draw.orders}`,
    payload: { items, total, currency: "USD" },
  };
}

function paid(draw: Draw) {
  draw.payments += 1;
  const payload = { payment_id: `pay_${draw.payments}`, amount: 89.99, currency: "USD" };
  return { event_type: "order.paid", ...ordered(draw), payload };
}

function paymentFailed(draw: Draw) {
  return { event_type: "payment.failed", ...ordered(draw), payload: { error: "insufficient funds" } };
}

function cancelled(draw: Draw) {
  return { event_type: "order.cancelled", ...ordered(draw), payload: { reason: "changed my mind" } };
}

function signedUp(draw: Draw) {
  const user = draw.below(USERS);
  return {
    event_type: "user.signed_up",
    user_id: `usr_${user}`,
    payload: { email: `user${user}@example.com`, name: "Test User" },
  };
}

function visitor(draw: Draw) {
  const user = draw.below(USERS);
  return { user_id: `usr_${user}`, session_id: `sess_${user}_${draw.below(3)}` };
}

function ordered(draw: Draw) {
  return { order_id: `ord_${1 + draw.below(Math.max(draw.orders, 1))}` };
}

function line(draw: Draw) {
  const product = draw.popular(PRODUCTS);
  return {
    product_id: `prod_${product}`,
    product_name: `Wireless Headphones ${product}`,
    quantity: 1,
    unit_price: (999 + 100 * product) / 100,
  };
}
