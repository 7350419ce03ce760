/**
 * The balance of an order: its sums per currency, the units that it claims, and the state of its shipment. All values
 * are derived from the order's facts. Each change of a balance is announced as order.balance_changed.
 */
import { quantityByProduct } from "../quantities.ts";
import type { OrderItem } from "./facts.ts";
import type { MoneySums } from "./fold.ts";
import { foldOrder } from "./fold.ts";
import type { Order } from "./order.ts";

/** The sums of an order in one currency, in minor units. */
export interface Balance extends MoneySums {
  /** Number of placed orders: 1 in the order's currency when order.placed is known. */
  orders: number;
  /** Absent: the total is not known, or the order has another currency. */
  total_minor?: number;
  /** Number of paid orders: 1 in the order's currency while the order is paid. */
  paid_orders: number;
}

export type ShipmentState = "waiting" | "requested" | "stopped" | "left";

/** The signed difference of two balances in one currency. An unknown total counts as 0. */
export type BalanceChange = Required<Balance>;

/** Lists the balances of an order, its own currency first. */
export function balancesOf(order: Order): Balance[] {
  const { own, others, state } = foldOrder(order);
  const placed = {
    orders: order.source === "unconfirmed" ? 0 : 1,
    total_minor: order.total_minor,
    paid_orders: state === "paid" ? 1 : 0,
  };
  return [{ ...own, ...placed }, ...others.map(sums => ({ ...sums, orders: 0, paid_orders: 0 }))];
}

/** Lists the units that an order claims: ordered less returned. A stopped order claims nothing. */
export function heldItems(order: Order): OrderItem[] {
  const { state, returned } = foldOrder(order);
  if (shipmentOf({ ...order, state }) === "stopped") return [];
  return [...quantityByProduct(order.items)]
    .map(([product_id, quantity]) => ({ product_id, quantity: quantity - (returned.get(product_id) ?? 0) }))
    .filter(({ quantity }) => quantity > 0);
}

/**
 * Derives the state of the shipment from the order's facts. Before its order.placed, a paid order waits: nothing says yet
 * which units to send and which total to cover.
 */
export function shipmentOf({
  dispatched,
  state,
  source,
}: Pick<Order, "dispatched" | "state" | "source">): ShipmentState {
  if (dispatched) return "left";
  if (state === "cancelled" || state === "refunded") return "stopped";
  return state === "paid" && source !== "unconfirmed" ? "requested" : "waiting";
}

/**
 * Lists the signed differences between two lists of balances, one per currency. Currencies without a difference are
 * left out.
 */
export function balanceChanges(before: readonly Balance[], after: readonly Balance[]): BalanceChange[] {
  const currencies = new Set([...before, ...after].map(({ currency }) => currency));
  return [...currencies]
    .map(currency => difference(currency, balanceIn(currency, before), balanceIn(currency, after)))
    .filter(change => SUMS.some(sum => change[sum] !== 0));
}

const SUMS = [
  "orders",
  "total_minor",
  "paid_minor",
  "refunded_minor",
  "owed_back_minor",
  "still_due_minor",
  "paid_orders",
] as const;

type Sums = Omit<BalanceChange, "currency">;

function balanceIn(currency: string, balances: readonly Balance[]): Sums {
  const found = balances.find(balance => balance.currency === currency);
  return Object.fromEntries(SUMS.map(sum => [sum, found?.[sum] ?? 0])) as unknown as Sums;
}

function difference(currency: string, before: Sums, after: Sums): BalanceChange {
  const sums = Object.fromEntries(SUMS.map(sum => [sum, after[sum] - before[sum]])) as unknown as Sums;
  return { currency, ...sums };
}
