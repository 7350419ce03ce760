export type OrderState = "placed" | "paid" | "refunded" | "cancelled";

/** `refund` leaves something of what was paid, `refund-rest` nothing. */
export type OrderMove = "pay" | "fail" | "refund" | "refund-rest" | "cancel" | "dispatch";

type MoveDecision = { allowed: true; state: OrderState } | { allowed: false; reason: string };

const to = (state: OrderState): MoveDecision => ({ allowed: true, state });
const no = (reason: string): MoveDecision => ({ allowed: false, reason });

const UNPAID = no("Nothing has been paid for the order.");
const PAID = no("The order is already paid.");
const REFUNDED = no("All that was paid for the order has been refunded.");
const CANCELLED = no("The order is cancelled.");

/** Every state and every move. What is paid for a cancelled order is kept, because it has to go back. */
const MOVES: Readonly<Record<OrderState, Readonly<Record<OrderMove, MoveDecision>>>> = {
  placed: {
    pay: to("paid"),
    fail: to("placed"),
    refund: UNPAID,
    "refund-rest": UNPAID,
    cancel: to("cancelled"),
    dispatch: no("The order is not paid."),
  },
  paid: {
    pay: PAID,
    fail: PAID,
    refund: to("paid"),
    "refund-rest": to("refunded"),
    cancel: to("cancelled"),
    dispatch: to("paid"),
  },
  refunded: {
    pay: REFUNDED,
    fail: REFUNDED,
    refund: REFUNDED,
    "refund-rest": REFUNDED,
    cancel: no("The order is already refunded; there is nothing left to cancel."),
    dispatch: REFUNDED,
  },
  cancelled: {
    pay: to("cancelled"),
    fail: CANCELLED,
    refund: to("cancelled"),
    "refund-rest": to("cancelled"),
    cancel: no("The order is already cancelled."),
    dispatch: CANCELLED,
  },
};

/** What a command may do to an order in this state. The reason is the text of a 409. */
export function moveOrder(state: OrderState, move: OrderMove): MoveDecision {
  return MOVES[state][move];
}

/** What is known to have happened to an order, in whatever order it was heard. */
export interface OrderFacts {
  total_minor?: number;
  /** Of the total, and of payments and refunds that name none. */
  currency: string;
  paid: { amount_minor?: number; currency?: string } | null;
  refunds: readonly { amount_minor: number; currency?: string }[];
  cancelled: object | null;
}

/** The state that the facts add up to: cancelled wins over refunded, refunded over paid. */
export function stateOf(order: OrderFacts): OrderState {
  if (order.cancelled) return "cancelled";
  if (!order.paid || !isCovered(order)) return "placed";
  const back = refundedMinor(order);
  const { amount_minor } = order.paid;
  return back > 0 && amount_minor !== undefined && back >= amount_minor ? "refunded" : "paid";
}

/** Whether the payment is as much as the order costs, as far as that is known, and in its currency. */
export function isCovered({
  paid,
  total_minor,
  currency,
}: Pick<OrderFacts, "paid" | "total_minor" | "currency">): boolean {
  if (!paid) return false;
  if (total_minor === undefined || paid.amount_minor === undefined) return true;
  return (paid.currency ?? currency) === currency && paid.amount_minor >= total_minor;
}

/** The currency that money was paid in, and goes back in. */
export function paidCurrency({ paid, currency }: Pick<OrderFacts, "paid" | "currency">): string {
  return paid?.currency ?? currency;
}

/** What went back of the payment. A refund in another currency is none of it: there is no rate here. */
export function refundedMinor(order: Pick<OrderFacts, "paid" | "refunds" | "currency">): number {
  return order.refunds
    .filter(({ currency = order.currency }) => currency === paidCurrency(order))
    .reduce((sum, { amount_minor }) => sum + amount_minor, 0);
}
