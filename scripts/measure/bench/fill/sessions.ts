import type { ReportedEvent } from "../shop-traffic.ts";
import type { Chance, Shelves, ShopProduct } from "./products.ts";
import { tasteOf } from "./products.ts";

/** An event and its time, in milliseconds. */
export interface TimedEvent {
  atMs: number;
  event: ReportedEvent;
}

/** Share of the sessions that belong to regular users. */
const BY_A_REGULAR = 0.3;
const SEARCHED = 0.13;
const WITH_CART = 0.044;
const BOUGHT = 0.32;
const MAX_VIEWS = 40;

interface Visitors {
  shelves: Shelves;
  chance: Chance;
  regularCount: number;
  /** End of the day. Later steps of a session happen in the last millisecond before. */
  endMs: number;
}

/** Plans the sessions of a day, one after the other. */
export class SessionPlanner {
  readonly #visitors: Visitors;
  #events = 0;
  #newcomers = 0;
  #sessions = 0;

  constructor(visitors: Visitors) {
    this.#visitors = visitors;
  }

  /** Number of planned events. */
  get events(): number {
    return this.#events;
  }

  /** Plans the next session. */
  plan(startMs: number): TimedEvent[] {
    const { shelves, chance, endMs } = this.#visitors;
    const user = this.#nextUser();
    this.#sessions += 1;
    const name = `${shelves.seed}_${this.#sessions}`;
    const session = new Session(startMs, {
      ids: { user_id: `usr_${user}`, session_id: `sess_${name}` },
      chance,
      endMs,
      nextEventId: () => {
        this.#events += 1;
        return `evt_${shelves.seed}_${this.#events}`;
      },
    });
    session.visit(tasteOf(user, shelves, chance), `ord_${name}`);
    return session.steps;
  }

  #nextUser(): string {
    const { chance, regularCount } = this.#visitors;
    if (chance.one(BY_A_REGULAR)) return `r${chance.busy(regularCount)}`;
    this.#newcomers += 1;
    return `n${this.#newcomers - 1}`;
  }
}

interface SessionSettings {
  ids: { user_id: string; session_id: string };
  chance: Chance;
  endMs: number;
  nextEventId(): string;
}

/** One session: views and searches, and for some visitors a cart and an order. */
class Session {
  readonly steps: TimedEvent[] = [];
  readonly #settings: SessionSettings;
  #atMs: number;

  constructor(startMs: number, settings: SessionSettings) {
    this.#atMs = startMs;
    this.#settings = settings;
  }

  visit(nextProduct: () => ShopProduct, orderId: string): void {
    const { chance } = this.#settings;
    const isShopping = chance.one(WITH_CART);
    let views = isShopping ? 2 + chance.below(4) : 1;
    while (!isShopping && views < MAX_VIEWS && chance.one(0.4)) views += 1;
    const viewed = Array.from({ length: views }, () => this.#view(nextProduct()));
    if (isShopping) this.#shop(viewed, orderId);
  }

  #step(event: Record<string, unknown>): void {
    const { chance, endMs, nextEventId } = this.#settings;
    const afterMs = 5_000 + chance.below(90_000);
    const [event_id, timestamp] = [nextEventId(), new Date(this.#atMs).toISOString()];
    this.steps.push({ atMs: this.#atMs, event: { event_id, timestamp, ...event } as ReportedEvent });
    this.#atMs = Math.min(this.#atMs + afterMs, endMs - 1);
  }

  #view(product: ShopProduct): ShopProduct {
    const { ids, chance } = this.#settings;
    const { product_id, price } = product;
    if (chance.one(SEARCHED)) {
      const payload = { query: `thing ${product_id.slice(5)}`, results_count: chance.below(100) };
      this.#step({ event_type: "search.performed", ...ids, payload });
    } else {
      const payload = { product_id, product_name: `The thing ${product_id}`, price };
      this.#step({ event_type: "product.viewed", ...ids, payload });
    }
    return product;
  }

  /** Adds viewed products to a cart. A third of the carts is ordered. */
  #shop(viewed: readonly ShopProduct[], orderId: string): void {
    const { ids, chance } = this.#settings;
    const wanted = new Map(viewed.slice(0, chance.one(0.2) ? 2 : 1).map(one => [one.product_id, one]));
    const items = [...wanted.values()].map(({ product_id, price }) => {
      const item = { product_id, quantity: 1, unit_price: price };
      this.#step({ event_type: "cart.item_added", ...ids, payload: item });
      return item;
    });
    if (chance.one(0.06)) {
      const payload = { product_id: items[0]?.product_id, quantity: 1 };
      this.#step({ event_type: "cart.item_removed", ...ids, payload });
    }
    if (chance.one(BOUGHT)) this.#order(items, orderId);
  }

  /** Orders the items of a cart. 92 % of the orders are paid, and 3 % are refunded. */
  #order(items: readonly { product_id: string; unit_price: number }[], order_id: string): void {
    const { ids, chance } = this.#settings;
    const { user_id, session_id } = ids;
    const about = { order_id, user_id };
    const total = Math.round(items.reduce((sum, { unit_price }) => sum + unit_price, 0) * 100) / 100;
    const money = { amount: total, currency: "USD" };
    const order = { items, total, currency: "USD", email: `${user_id}@shop.example` };
    this.#step({ event_type: "order.placed", ...about, session_id, payload: order });
    if (chance.one(0.92)) this.#step({ event_type: "order.paid", ...about, payload: money });
    else this.#step({ event_type: "payment.failed", ...about, payload: { error: "insufficient funds" } });
    if (chance.one(0.03)) {
      const refund = { ...money, refund_id: `ref_${order_id}`, items: items.slice(0, 1) };
      this.#step({ event_type: "refund.issued", ...about, payload: refund });
    }
  }
}
