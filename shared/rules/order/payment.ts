/** Paying for an order and giving money back: what the owner of orders may decide. */

import type { ValidationFault } from "../../events/fault.ts";
import { fromMinor, sumMinor, timesMinor, toMinor } from "../../values/money.ts";
import type { OrderFacts } from "./order-state.ts";
import { isCovered, moveOrder, paidCurrency, refundedMinor, stateOf } from "./order-state.ts";
import type { OrderLine } from "./price-order.ts";

/** One try to pay. The one that was heard of last decides whether a failure still matters. */
export interface PaymentAttempt {
  attempt_id: string;
  outcome: "paid" | "failed";
  at_ms: number;
}

/** Without an amount: it is known only that it was paid. Without a currency it is the order's. */
export interface Paid {
  amount_minor?: number;
  currency?: string;
  payment_id?: string;
  attempt_id?: string;
}

export interface Refund {
  refund_id: string;
  amount_minor: number;
  /** Without one it is the order's. */
  currency?: string;
  /** What comes back to stock; money alone may go back too. */
  items: Item[];
  /** What our own checkout was asked for: it may be asked the same again. */
  asked?: { amount?: number; items?: Item[] };
}

/** What payments and refunds look at of an order. */
export interface Payable extends OrderFacts {
  items: readonly OrderLine[];
  attempts: readonly PaymentAttempt[];
  paid: Paid | null;
  refunds: Refund[];
}

/** So many are kept: an order that fails to be paid that often is no longer tried, but looked into. */
export const MAX_ATTEMPTS = 50;
export const MAX_REFUNDS = 100;

type Refused = { kind: "refused"; reason: string };

export interface AskedAttempt extends Pick<PaymentAttempt, "attempt_id" | "outcome"> {
  /** Decimal. Without it: the total. */
  amount?: number;
  payment_id?: string;
}

/**
 * One attempt to pay, reported by whoever made it. The same attempt told the same way changes nothing. What was paid
 * is the whole total: part payments do not exist here.
 */
export function decideAttempt(
  order: Payable,
  asked: AskedAttempt,
): { kind: "new" } | { kind: "known" } | Refused {
  const { attempt_id, outcome } = asked;
  const known = order.attempts.find(attempt => attempt.attempt_id === attempt_id);
  if (known && known.outcome !== outcome)
    return refused(`The attempt ${attempt_id} is known to have ${PAST[known.outcome]}.`);
  if (known) return isSamePayment(order, asked) ? { kind: "known" } : refused(otherPayment(order, asked));
  const move = moveOrder(stateOf(order), outcome === "paid" ? "pay" : "fail");
  if (!move.allowed) return refused(move.reason);
  if (isCovered(order)) return refused("The order is already paid.");
  if (order.attempts.length >= MAX_ATTEMPTS)
    return refused(`The order has failed to be paid ${MAX_ATTEMPTS} times; cancel it and place another.`);
  return { kind: "new" };
}

/** Of a failure no more is kept than that it was one. */
function isSamePayment(
  { paid, currency }: Payable,
  { attempt_id, amount, payment_id }: AskedAttempt,
): boolean {
  if (paid?.attempt_id !== attempt_id) return true;
  const isAmount = amount === undefined || toMinor(amount, currency) === paid.amount_minor;
  return isAmount && payment_id === paid.payment_id;
}

function otherPayment({ paid, currency }: Payable, { attempt_id }: AskedAttempt): string {
  const amount = `${fromMinor(paid?.amount_minor ?? 0, currency)} ${currency}`;
  const by = paid?.payment_id === undefined ? "without a payment_id" : `by the payment ${paid.payment_id}`;
  return `The attempt ${attempt_id} is known to have paid ${amount} ${by}.`;
}

const PAST = { paid: "succeeded", failed: "failed" } as const;

/** Whether a failed attempt still is what was heard last of the order's payment: then the order is cancelled. */
export function isLatestFailure(order: Payable, attemptId: string): boolean {
  return !isCovered(order) && order.attempts.at(-1)?.attempt_id === attemptId;
}

export interface AskedRefund {
  refund_id: string;
  /** Decimal. Without it: what the items cost, or all that is left. */
  amount?: number;
  items?: readonly Item[];
}

/**
 * Gives money back, never more than was paid, and items, never more than were ordered. What returns the last of the
 * money stops a parcel that is still here, so that all items that are still out come back with it, whatever it names.
 * @param isGone the parcel has left: only the items that are named come back
 */
export function decideRefund(
  order: Payable,
  asked: AskedRefund,
  isGone: boolean,
):
  | { kind: "new"; refund: Refund }
  | { kind: "known" }
  | Refused
  | { kind: "faults"; faults: ValidationFault[] } {
  const known = order.refunds.find(({ refund_id }) => refund_id === asked.refund_id);
  if (known)
    return isSameRefund(order, { known, asked }) ? { kind: "known" } : refused(otherRefund(order, known));
  const leftMinor = (order.paid?.amount_minor ?? 0) - refundedMinor(order);
  const move = moveOrder(stateOf(order), "refund");
  if (!move.allowed) return refused(move.reason);
  if (leftMinor <= 0) return refused("Nothing that was paid for the order is left to refund.");
  if (order.refunds.length >= MAX_REFUNDS) return refused(`An order has at most ${MAX_REFUNDS} refunds.`);
  const left = itemsLeft(order);
  const amountMinor = amountOf(order, asked, leftMinor);
  const faults = [
    ...amountFaults(order, asked, { amountMinor, leftMinor }),
    ...itemFaults(asked.items ?? [], left),
  ];
  if (amountMinor === undefined || faults.length > 0) return { kind: "faults", faults };
  const items = amountMinor === leftMinor && !isGone ? left : totals(asked.items ?? []);
  return {
    kind: "new",
    refund: {
      refund_id: asked.refund_id,
      amount_minor: amountMinor,
      currency: paidCurrency(order),
      items: listed(items),
      asked: askedOf(asked),
    },
  };
}

/** The same was asked for, or just what came of it. */
function isSameRefund(order: Payable, { known, asked }: { known: Refund; asked: AskedRefund }): boolean {
  const { amount, items } = asked;
  const { currency = order.currency } = known;
  const isAskedAgain = known.asked?.amount === amount && goodsIn(known.asked?.items) === goodsIn(items);
  if (known.asked && isAskedAgain) return true;
  const isAmount = amount !== undefined && toMinor(amount, currency) === known.amount_minor;
  return isAmount && goodsIn(items ?? []) === goodsIn(known.items);
}

function askedOf({ amount, items }: AskedRefund): NonNullable<Refund["asked"]> {
  return {
    ...(amount === undefined ? {} : { amount }),
    ...(items === undefined ? {} : { items: listed(totals(items)) }),
  };
}

function otherRefund(order: Payable, known: Refund): string {
  const { refund_id, amount_minor, items, currency = order.currency } = known;
  const money = `${fromMinor(amount_minor, currency)} ${currency}`;
  return `The refund ${refund_id} is known to have given back ${money} and ${goodsIn(items) || "no items"}.`;
}

/** The same text for the same goods, in whatever order and parts. */
function goodsIn(items: readonly Item[] | undefined): string | undefined {
  if (items === undefined) return undefined;
  const goods = listed(totals(items)).map(({ product_id, quantity }) => `${quantity} ${product_id}`);
  return goods.sort().join(", ");
}

function amountOf(order: Payable, { amount, items }: AskedRefund, leftMinor: number): number | undefined {
  if (amount !== undefined) return toMinor(amount, paidCurrency(order));
  if (items === undefined) return leftMinor;
  // What was paid in another currency than the order's own has no price by item.
  if (paidCurrency(order) !== order.currency) return undefined;
  const priced = items.map(({ product_id, quantity }) => {
    const line = order.items.find(other => other.product_id === product_id);
    return line?.unit_price_minor === undefined ? undefined : timesMinor(line.unit_price_minor, quantity);
  });
  const sum = sumMinor(priced);
  // Where money alone went back before, the last item is worth what is left.
  return sum === undefined ? undefined : Math.min(sum, leftMinor);
}

function amountFaults(
  order: Payable,
  { amount }: AskedRefund,
  { amountMinor, leftMinor }: { amountMinor: number | undefined; leftMinor: number },
): ValidationFault[] {
  const isFine = amountMinor !== undefined && amountMinor > 0 && amountMinor <= leftMinor;
  if (isFine) return [];
  const currency = paidCurrency(order);
  const expected = `an amount in ${currency} above 0 and up to ${fromMinor(leftMinor, currency)}, which is left of what was paid`;
  return [{ pointer: "/amount", expected, received: amount === undefined ? "nothing" : String(amount) }];
}

function itemFaults(items: readonly Item[], left: ReadonlyMap<string, number>): ValidationFault[] {
  const asked = totals(items);
  return items.flatMap(({ product_id }, index) => {
    const most = left.get(product_id);
    const quantity = asked.get(product_id) ?? 0;
    if (most === undefined) {
      const pointer = `/items/${index}/product_id`;
      return [{ pointer, expected: "a product of this order", received: product_id }];
    }
    const pointer = `/items/${index}/quantity`;
    const expected = `at most ${most} of it, which were ordered and have not come back`;
    return quantity <= most ? [] : [{ pointer, expected, received: String(quantity) }];
  });
}

interface Item {
  product_id: string;
  quantity: number;
}

/** What of each product was ordered and has not come back. */
function itemsLeft({ items, refunds }: Payable): Map<string, number> {
  const back = totals(refunds.flatMap(refund => refund.items));
  const ordered = [...totals(items)];
  return new Map(ordered.map(([id, quantity]) => [id, Math.max(quantity - (back.get(id) ?? 0), 0)]));
}

function totals(items: readonly Item[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { product_id, quantity } of items) sums.set(product_id, (sums.get(product_id) ?? 0) + quantity);
  return sums;
}

function listed(quantities: ReadonlyMap<string, number>): Item[] {
  return [...quantities]
    .map(([product_id, quantity]) => ({ product_id, quantity }))
    .filter(({ quantity }) => quantity > 0);
}

function refused(reason: string): Refused {
  return { kind: "refused", reason };
}
