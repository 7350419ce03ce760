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

/** Every state and every move. What was paid for a cancelled order still has to go back. */
const MOVES: Readonly<Record<OrderState, Readonly<Record<OrderMove, MoveDecision>>>> = {
  placed: {
    pay: to("paid"),
    fail: to("placed"),
    refund: UNPAID,
    "refund-rest": UNPAID,
    cancel: to("cancelled"),
    dispatch: UNPAID,
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
    pay: CANCELLED,
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
  paid: { amount_minor?: number } | null;
  refunds: readonly { amount_minor: number }[];
  cancelled: object | null;
}

/** The state that the facts add up to: cancelled wins over refunded, refunded over paid. */
export function stateOf({ paid, refunds, cancelled }: OrderFacts): OrderState {
  if (cancelled) return "cancelled";
  if (!paid) return "placed";
  const isAllBack =
    refunds.length > 0 && paid.amount_minor !== undefined && refundedMinor(refunds) >= paid.amount_minor;
  return isAllBack ? "refunded" : "paid";
}

export function refundedMinor(refunds: OrderFacts["refunds"]): number {
  return refunds.reduce((sum, { amount_minor }) => sum + amount_minor, 0);
}
