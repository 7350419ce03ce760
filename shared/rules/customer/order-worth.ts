/**
 * The worth of an order to its buyer, as order.balance_changed states it. The highest revision states all sums, so a
 * lost, repeated or late fact leaves no error. The buyer is the one of the highest revision.
 */
import type { PulseCartEvent } from "../../events/envelope.ts";
import type { ToMoney } from "../counting/daily-facts.ts";

/** The documents `contact_orders/{order_id}` and `segment_orders/{order_id}`: the part of an order that is counted. */
export interface OrderWorth extends Worth {
  /** The highest revision seen. 0: none. */
  revision: number;
  /** Absent: the buyer is a guest or not known yet. */
  user_id?: string;
  /** Time when the latest payment was received. Absent: no payment. */
  last_paid_at_ms?: number;
}

/** Sums that count for a buyer. A difference of two worths is signed. */
export interface Worth {
  /** Number of orders placed. */
  orders: number;
  /** Number of orders that are paid and not completely refunded. */
  paid_orders: number;
  /** Payments less refunds, in minor units by currency. No currency has the amount 0. */
  net_minor: Record<string, number>;
}

/** The worth to start from when no document is stored. */
export const NO_ORDER_WORTH: OrderWorth = Object.freeze({
  revision: 0,
  orders: 0,
  paid_orders: 0,
  net_minor: Object.freeze({}),
});

/**
 * Applies order.balance_changed. An older revision adds only the time of its payment.
 * @throws PermanentError when a currency cannot have an amount
 */
export function orderWorthAfter(
  before: OrderWorth,
  event: PulseCartEvent<"order.balance_changed">,
  money: ToMoney,
): OrderWorth {
  const { user_id, received_at, payload } = event;
  const isPayment = payload.changes.some(({ paid }) => paid > 0);
  const paidAtMs = [before.last_paid_at_ms ?? [], isPayment ? Date.parse(received_at) : []].flat();
  const last_paid_at_ms = paidAtMs.length === 0 ? undefined : Math.max(...paidAtMs);
  if (payload.revision <= before.revision) return { ...before, last_paid_at_ms };
  return { revision: payload.revision, user_id, last_paid_at_ms, ...worthOf(payload.balances, money) };
}

type Balances = PulseCartEvent<"order.balance_changed">["payload"]["balances"];

function worthOf(balances: Balances, money: ToMoney): Worth {
  const sum = (name: "orders" | "paid_orders") => balances.reduce((all, one) => all + one[name], 0);
  const nets = balances.map(({ currency, paid, refunded }) => {
    const net = money(paid, currency).amount_minor - money(refunded, currency).amount_minor;
    return [currency, net] as const;
  });
  return { orders: sum("orders"), paid_orders: sum("paid_orders"), net_minor: withoutZeros(nets) };
}

/** Tells whether a fact has changed nothing. */
export function isSameWorth(before: OrderWorth, after: OrderWorth): boolean {
  return before.revision === after.revision && before.last_paid_at_ms === after.last_paid_at_ms;
}

/** The change of a buyer's counts by one fact about an order. */
export interface BuyerChange {
  user_id: string;
  worth: Worth;
  /** Time when the latest payment was received. Absent: no payment, or the order goes to another buyer. */
  last_paid_at_ms?: number;
}

/** Lists the changes of buyers: a new buyer gets the whole worth, and the buyer before loses it. */
export function buyerChanges(before: OrderWorth, after: OrderWorth): BuyerChange[] {
  const [from, to] = [before.user_id, after.user_id];
  const { last_paid_at_ms } = after;
  const lost =
    from === undefined || from === to ? [] : [{ user_id: from, worth: minus(NO_ORDER_WORTH, before) }];
  if (to === undefined) return lost;
  const known = from === to ? before : NO_ORDER_WORTH;
  return [...lost, { user_id: to, worth: minus(after, known), last_paid_at_ms }];
}

/** Adds a difference to amounts by currency. */
export function addNet(
  net: Readonly<Record<string, number>>,
  more: Worth["net_minor"],
): Record<string, number> {
  const currencies = [...new Set([...Object.keys(net), ...Object.keys(more)])];
  return withoutZeros(currencies.map(code => [code, (net[code] ?? 0) + (more[code] ?? 0)]));
}

function minus(one: Worth, other: Worth): Worth {
  const negative = Object.entries(other.net_minor).map(([code, amount]) => [code, -amount]);
  return {
    orders: one.orders - other.orders,
    paid_orders: one.paid_orders - other.paid_orders,
    net_minor: addNet(one.net_minor, Object.fromEntries(negative)),
  };
}

function withoutZeros(amounts: readonly (readonly [string, number])[]): Record<string, number> {
  return Object.fromEntries(amounts.filter(([, amount]) => amount !== 0));
}
