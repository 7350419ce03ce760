/**
 * The balance of an order: its sums per currency, the units that it claims, and the state of its shipment. All values
 * are derived from the order's facts. Each change of a balance is announced as order.balance_changed.
 */
import { quantityByProduct } from "../quantities.ts";
import type { Order } from "./order.ts";
import { paidCurrency, refundedMinor } from "./order-state.ts";
import type { OrderItem } from "./payment.ts";

/** The sums of an order in one currency, in minor units. */
export interface Balance {
  currency: string;
  /** Number of placed orders: 1 in the order's currency when order.placed is known. */
  orders: number;
  /** Absent: the total is not known, or the order has another currency. */
  total_minor?: number;
  paid_minor: number;
  refunded_minor: number;
  /** Money that has to go back. */
  owed_back_minor: number;
  /** Money that has to come in. */
  still_due_minor: number;
  /** Number of paid orders: 1 in the order's currency while the order is paid. */
  paid_orders: number;
}

export type ShipmentState = "waiting" | "requested" | "stopped" | "left";

/** The signed difference of two balances in one currency. An unknown total counts as 0. */
export type BalanceChange = Required<Balance>;

/** Lists the balances of an order, its own currency first. */
export function balancesOf(order: Order): Balance[] {
  const { currency, source, state, total_minor } = order;
  const paidIn = paidCurrency(order);
  const paid = order.paid?.amount_minor ?? 0;
  const refunded = refundedMinor(order);
  // A payment of an unknown total leaves nothing to give back.
  const due = order.cancelled ? 0 : (total_minor ?? paid);
  const isOwn = paidIn === currency;
  const own: Balance = {
    currency,
    orders: source === "unconfirmed" ? 0 : 1,
    total_minor,
    paid_minor: isOwn ? paid : 0,
    refunded_minor: isOwn ? refunded : 0,
    owed_back_minor: isOwn ? Math.max(0, paid - refunded - due) : 0,
    still_due_minor:
      state === "placed" && total_minor !== undefined ? Math.max(0, due - (isOwn ? paid : 0)) : 0,
    paid_orders: state === "paid" ? 1 : 0,
  };
  if (isOwn) return [own];
  const other: Balance = {
    currency: paidIn,
    orders: 0,
    paid_minor: paid,
    refunded_minor: refunded,
    owed_back_minor: Math.max(0, paid - refunded),
    still_due_minor: 0,
    paid_orders: 0,
  };
  return [own, other];
}

/** Lists the units that an order claims: ordered less returned. A stopped order claims nothing. */
export function heldItems(order: Order): OrderItem[] {
  if (shipmentOf(order) === "stopped") return [];
  const back = quantityByProduct(order.refunds.flatMap(({ items }) => items));
  return [...quantityByProduct(order.items)]
    .map(([product_id, quantity]) => ({ product_id, quantity: quantity - (back.get(product_id) ?? 0) }))
    .filter(({ quantity }) => quantity > 0);
}

/** Derives the state of the shipment from the order's facts. */
export function shipmentOf({ dispatched, state }: Pick<Order, "dispatched" | "state">): ShipmentState {
  if (dispatched) return "left";
  if (state === "cancelled" || state === "refunded") return "stopped";
  return state === "paid" ? "requested" : "waiting";
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
