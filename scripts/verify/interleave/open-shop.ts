import type { EffectStatus } from "../../../shared/pipeline/records/effect-state.ts";
import type { Order } from "../../../shared/rules/order/order.ts";
import type { CartWorld } from "../../test/worlds/cart-world.ts";
import { CART_IDLE_MS, emptyWorld } from "../../test/worlds/cart-world.ts";

/** An event that Pub/Sub holds until somebody acknowledges it. */
export interface Message {
  id: string;
  run(shopping: Shopping): void;
}

export interface Reminder extends EffectStatus {
  cart_id: string;
  cycle: number;
  dueMs: number;
  /** How often the world outside saw it. */
  seen: number;
}

/** Commits in their order, as an outsider would have written them down. */
export type Entry =
  | { kind: "bought"; cart_id: string; cycle: number }
  | { kind: "put in"; cart_id: string }
  | { kind: "lease"; cart_id: string; cycle: number }
  | { kind: "seen"; cart_id: string; cycle: number; wasSent: boolean };

export interface Shopping {
  nowMs: number;
  world: CartWorld;
  messages: Message[];
  /** What has been handled: the ledger. */
  handled: Set<string>;
  announced: number;
  reminders: Map<string, Reminder>;
  /** Who holds a lease and has not come back. */
  sending: { key: string; lease: number }[];
  orders: Map<string, Order>;
  log: Entry[];
  ids: number;
  /** Who is at the keyboard: a guest until they log in. */
  userId: string;
  /** For a test that has to see a fault: reminds without a look at the cart. */
  isCareless: boolean;
}

export function openShop(isCareless = false): Shopping {
  return {
    nowMs: CART_IDLE_MS,
    world: emptyWorld(),
    messages: [],
    handled: new Set(),
    announced: 0,
    reminders: new Map(),
    sending: [],
    orders: new Map(),
    log: [],
    ids: 0,
    userId: "guest",
    isCareless,
  };
}

export function publish(shopping: Shopping, id: string, run: Message["run"]): void {
  shopping.messages.push({ id, run });
}

export function newId(shopping: Shopping): string {
  shopping.ids += 1;
  return `id_${shopping.ids}`;
}
