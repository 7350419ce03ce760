import type { EffectStatus } from "../../../shared/pipeline/records/effect-state.ts";
import type { ReportedCart } from "../../../shared/rules/cart/reported-cart.ts";
import type { MarketingMail } from "../../../shared/rules/customer/marketing.ts";
import type { Order } from "../../../shared/rules/order/order.ts";
import type { CartWorld } from "../../test/worlds/cart-world.ts";
import { CART_IDLE_MS, emptyWorld } from "../../test/worlds/cart-world.ts";
import type { Dice } from "../simulate/dice.ts";

/** An event that Pub/Sub holds until it is acknowledged. */
export interface Message {
  id: string;
  run(trip: Trip): void;
}

/** The effect of one reminder mail. */
export interface Reminder extends EffectStatus {
  cart_id: string;
  cycle: number;
  dueMs: number;
  /** The cart as another system reported it. Absent: the cart is kept here. */
  reported?: ReportedCart;
  /** Deliveries to the customer. */
  delivered: number;
}

/** One commit in the log of a trip, as an outside observer would record it. */
export type LogEntry = Bought | Added | Leased | Delivered;

interface Bought {
  kind: "bought";
  user_id: string;
  products: readonly string[];
  at_ms: number;
  /** The cart that our checkout closed, and its cycle. Absent: another system reported the order. */
  closed?: { cart_id: string; cycle: number };
}

interface Added {
  kind: "added";
  cart_id: string;
  product_id: string;
  at_ms: number;
}

interface Leased {
  kind: "lease";
  cart_id: string;
  cycle: number;
  products: readonly string[];
  /** The users of the cart at the time of the lease. */
  users: readonly string[];
  /** Time by which the items of a reported cart were added. Absent: the cart is kept here. */
  reported_ms?: number;
}

interface Delivered {
  kind: "delivered";
  cart_id: string;
  cycle: number;
  wasSent: boolean;
}

/** One shopping trip: a customer, the shop and its mail, all in memory. */
export interface Trip {
  nowMs: number;
  world: CartWorld;
  messages: Message[];
  /** The ids of handled messages: the ledger. */
  handled: Set<string>;
  /** Abandonments that were published. */
  announced: number;
  /** Reminders by cart and cycle. */
  reminders: Map<string, Reminder>;
  /** Calls that hold a lease and have not reported yet. */
  sending: { key: string; lease: number }[];
  /** Counted marketing mails by user. */
  marketing: Map<string, readonly MarketingMail[]>;
  orders: Map<string, Order>;
  log: LogEntry[];
  ids: number;
  /** The present user: a guest until the login. */
  userId: string;
  /** True: the guard is missing, so a reminder is sent without a look at the cart. */
  lacksGuard: boolean;
}

/** One step of a trip: a commit, a delivery, or a crash before or after a commit. */
export type TripStep = (trip: Trip, dice: Dice) => void;

export function newTrip(lacksGuard = false): Trip {
  return {
    nowMs: CART_IDLE_MS,
    world: emptyWorld(),
    messages: [],
    handled: new Set(),
    announced: 0,
    reminders: new Map(),
    sending: [],
    marketing: new Map(),
    orders: new Map(),
    log: [],
    ids: 0,
    userId: "guest",
    lacksGuard,
  };
}

export function publish(trip: Trip, id: string, run: Message["run"]): void {
  trip.messages.push({ id, run });
}

export function newId(trip: Trip): string {
  trip.ids += 1;
  return `id_${trip.ids}`;
}
