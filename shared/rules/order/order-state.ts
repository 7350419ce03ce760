/** The states of an order and the moves between them. */

export type OrderState = "placed" | "paid" | "refunded" | "cancelled";

/** A move that a command asks for. `refund` gives back a part of the payment, `refund-rest` all that is left of it. */
export type OrderMove = "pay" | "fail" | "refund" | "refund-rest" | "cancel" | "dispatch";

type MoveDecision = { allowed: true; state: OrderState } | { allowed: false; reason: string };

const allow = (state: OrderState): MoveDecision => ({ allowed: true, state });
const deny = (reason: string): MoveDecision => ({ allowed: false, reason });

const NOTHING_PAID = deny("Nothing has been paid for the order.");
const ALREADY_PAID = deny("The order is already paid.");
const ALL_REFUNDED = deny("The payment of the order has been refunded completely.");
const ORDER_CANCELLED = deny("The order is cancelled.");

/** The result of each move in each state. A cancelled order keeps a late payment, because the money has to go back. */
const MOVES: Readonly<Record<OrderState, Readonly<Record<OrderMove, MoveDecision>>>> = {
  placed: {
    pay: allow("paid"),
    fail: allow("placed"),
    refund: NOTHING_PAID,
    "refund-rest": NOTHING_PAID,
    cancel: allow("cancelled"),
    dispatch: deny("The order is not paid."),
  },
  paid: {
    pay: ALREADY_PAID,
    fail: ALREADY_PAID,
    refund: allow("paid"),
    "refund-rest": allow("refunded"),
    cancel: allow("cancelled"),
    dispatch: allow("paid"),
  },
  refunded: {
    pay: ALL_REFUNDED,
    fail: ALL_REFUNDED,
    refund: ALL_REFUNDED,
    "refund-rest": ALL_REFUNDED,
    cancel: deny("The order is already refunded; there is nothing left to cancel."),
    dispatch: ALL_REFUNDED,
  },
  cancelled: {
    pay: allow("cancelled"),
    fail: ORDER_CANCELLED,
    refund: allow("cancelled"),
    "refund-rest": allow("cancelled"),
    cancel: deny("The order is already cancelled."),
    dispatch: ORDER_CANCELLED,
  },
};

/**
 * Decides whether a command may move an order.
 * @returns the new state, or the reason of the refusal: the text of a 409
 */
export function moveOrder(state: OrderState, move: OrderMove): MoveDecision {
  return MOVES[state][move];
}

/** The known facts of an order. Their order of arrival plays no part. */
export interface OrderFacts {
  /** Absent: no report has named the total. */
  total_minor?: number;
  /** Currency of the total, and of payments and refunds without one. */
  currency: string;
  paid: { amount_minor?: number; currency?: string } | null;
  refunds: readonly { amount_minor: number; currency?: string }[];
  cancelled: object | null;
}

/** Derives the state from the facts: cancelled wins over refunded, refunded over paid. */
export function stateOf(order: OrderFacts): OrderState {
  if (order.cancelled) return "cancelled";
  if (!order.paid || !isCovered(order)) return "placed";
  const back = refundedMinor(order);
  const { amount_minor } = order.paid;
  return back > 0 && amount_minor !== undefined && back >= amount_minor ? "refunded" : "paid";
}

/**
 * Tells whether the payment covers the total in the order's currency. Any payment covers an unknown total, and a
 * payment without an amount covers any total.
 */
export function isCovered({
  paid,
  total_minor,
  currency,
}: Pick<OrderFacts, "paid" | "total_minor" | "currency">): boolean {
  if (!paid) return false;
  if (total_minor === undefined || paid.amount_minor === undefined) return true;
  return (paid.currency ?? currency) === currency && paid.amount_minor >= total_minor;
}

/** Returns the currency of the payment, which is also that of its refunds. */
export function paidCurrency({ paid, currency }: Pick<OrderFacts, "paid" | "currency">): string {
  return paid?.currency ?? currency;
}

/**
 * Adds up the refunds of the payment. A refund in another currency does not count: PulseCart has no exchange rates.
 */
export function refundedMinor(order: Pick<OrderFacts, "paid" | "refunds" | "currency">): number {
  return order.refunds
    .filter(({ currency = order.currency }) => currency === paidCurrency(order))
    .reduce((sum, { amount_minor }) => sum + amount_minor, 0);
}
