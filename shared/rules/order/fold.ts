/**
 * The money of an order as a fold over its facts, in the order in which they happened. The fold is computed anew for
 * each fact, so a late fact gives the same result as a punctual one.
 */
import type { Cancellation, OrderFacts } from "./facts.ts";
import { compareFacts, firstFact } from "./facts.ts";
import { isAllBack, moneyRun } from "./money-run.ts";
import type { OrderState } from "./order-state.ts";
import { countedPayments, firstMoney } from "./payments.ts";

/** The sums of an order in one currency, in minor units. */
export interface MoneySums {
  currency: string;
  paid_minor: number;
  refunded_minor: number;
  /** Money that has to go back. */
  owed_back_minor: number;
  /** Money that has to come in. */
  still_due_minor: number;
}

export interface OrderSums {
  state: OrderState;
  /** The cancellation that counts. Absent: the order is not cancelled. */
  cancellation?: Cancellation;
  /** True when the money covered the total at some moment. A refund never reopens a covered order. */
  isCovered: boolean;
  /** Quantity of each product that came back, at most the ordered quantity. */
  returned: ReadonlyMap<string, number>;
  /** The sums in the order's currency. */
  own: MoneySums;
  /** The sums in other currencies, by currency. Such money is owed back whole. */
  others: MoneySums[];
}

/** Computes all sums and the state of an order from its facts. */
export function foldOrder(order: OrderFacts): OrderSums {
  const cancellation = cancellationOf(order);
  const run = moneyRun(order);
  const { paid, refunded, counted, isCovered, isClosed, returned } = run;
  const due = cancellation ? 0 : run.due;
  const own: MoneySums = {
    currency: order.currency,
    paid_minor: paid,
    refunded_minor: refunded,
    // The total is unknown: all that came counts as due.
    owed_back_minor: due === undefined ? 0 : Math.max(0, paid - refunded - due),
    still_due_minor: due === undefined || cancellation ? 0 : Math.max(0, due - Math.max(0, paid - counted)),
  };
  const isBack = isClosed || isAllBack(run);
  const open = isCovered ? (isBack ? "refunded" : "paid") : "placed";
  const state = cancellation ? "cancelled" : open;
  return { state, cancellation, isCovered, returned, own, others: otherSums(order) };
}

/**
 * Returns the cancellation that counts: the first one. A failed payment cancels only an order without an earlier
 * payment. An order whose parcel has left is never cancelled.
 */
function cancellationOf(order: OrderFacts): Cancellation | undefined {
  if (order.dispatched) return undefined;
  const money = firstMoney(order);
  const isFree = order.total_minor === 0;
  const counted = order.cancellations.filter(
    each => each.attempt_id === undefined || (!isFree && (!money || compareFacts(each, money) < 0)),
  );
  return firstFact(counted);
}

/** Adds up payments and refunds in currencies other than the order's. */
function otherSums(order: OrderFacts): MoneySums[] {
  const payments = countedPayments(order);
  const refunds = order.refunds.map(refund => ({ ...refund, currency: refund.currency ?? order.currency }));
  const all = [...payments, ...order.claims, ...refunds].map(({ currency }) => currency);
  const currencies = [...new Set(all)].filter(currency => currency !== order.currency).sort();
  return currencies.map(currency => {
    const amounts = (facts: readonly { amount_minor?: number; currency: string }[]) =>
      facts.filter(fact => fact.currency === currency).map(({ amount_minor = 0 }) => amount_minor);
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
    const paid_minor = Math.max(sum(amounts(payments)), ...amounts(order.claims), 0);
    const refunded_minor = sum(amounts(refunds));
    const owed_back_minor = Math.max(0, paid_minor - refunded_minor);
    return { currency, paid_minor, refunded_minor, owed_back_minor, still_due_minor: 0 };
  });
}
