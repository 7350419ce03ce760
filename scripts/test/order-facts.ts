import type { FactTime, OrderItem } from "../../shared/rules/order/facts.ts";
import type { Order } from "../../shared/rules/order/order.ts";
import { newOrder, withDerived } from "../../shared/rules/order/order.ts";
import type { PlacedReport } from "../../shared/rules/order/reports.ts";
import {
  reportAttempt,
  reportCancelled,
  reportPaid,
  reportPlaced,
  reportRefund,
} from "../../shared/rules/order/reports.ts";

/** Applies one fact to an order. */
export type Fact = (order: Order) => Order;

/** The minute of a fact, with another event id than `evt_{minute}` where two facts share their minute. */
export type When = number | { minute: number; id: string };

function timeOf(when: When): FactTime {
  const { minute, id } = typeof when === "number" ? { minute: when, id: `${when}` } : when;
  return { at_ms: minute * 60_000, event_id: `evt_${id}` };
}

function nameOf(when: When): string {
  return typeof when === "number" ? String(when) : when.id;
}

/** Makes order.placed at minute 0: one line of two units at 50 USD, total 100. */
export function placed(content: Partial<PlacedReport> = {}): Fact {
  const items = [{ product_id: "cup", quantity: 2, unit_price_minor: 5000 }];
  const report = { items, currency: "USD", total_minor: 10_000, isPaid: false, ...timeOf(0), ...content };
  return order => reportPlaced(order, report).order;
}

/** Makes order.paid at minute n. A payment without an id is a claim. */
export function paid(n: When, amount: number, more: { id?: string; currency?: string } = {}): Fact {
  const { id, currency = "USD" } = more;
  const ids = id === undefined ? {} : { payment_id: id };
  return order => reportPaid(order, { ...ids, amount_minor: amount, currency, ...timeOf(n) });
}

/** Makes refund.issued at minute n, under the refund id `r{n}`. */
export function refunded(
  n: When,
  amount: number,
  items: OrderItem[] = [],
  more: { id?: string; currency?: string } = {},
): Fact {
  const { id = nameOf(n), currency = "USD" } = more;
  const refund = { refund_id: `r${id}`, amount_minor: amount, currency, items };
  return order => reportRefund(order, { ...refund, ...timeOf(n) });
}

export function cancelled(n: When, reason?: string): Fact {
  return order => reportCancelled(order, { ...timeOf(n), ...(reason === undefined ? {} : { reason }) });
}

export function paymentFailed(n: When): Fact {
  const attempt_id = `a${nameOf(n)}`;
  return order => {
    const tried = reportAttempt(order, { attempt_id, outcome: "failed", at_ms: timeOf(n).at_ms });
    return reportCancelled(tried, { ...timeOf(n), attempt_id, reason: "the payment failed" });
  };
}

/** Makes the dispatch of the parcel. */
export function left(n: When): Fact {
  return order => withDerived({ ...order, dispatched: { at_ms: timeOf(n).at_ms } });
}

/** Returns the order after these facts, in this order of arrival. */
export function orderAfter(facts: readonly Fact[]): Order {
  const start = newOrder("o", { currency: "USD", atMs: 60_000_000, user_id: "usr_1" });
  return facts.reduce((order, fact) => fact(order), start);
}
