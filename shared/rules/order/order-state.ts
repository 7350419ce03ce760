/** The states of an order and the moves between them. */

export type OrderState = "placed" | "paid" | "refunded" | "cancelled";

/** A move that a command asks for. A payment is recorded in every state, and a refund depends on the money only. */
export type OrderMove = "fail" | "cancel";

type MoveDecision = { allowed: true } | { allowed: false; reason: string };

const ALLOWED: MoveDecision = { allowed: true };
const deny = (reason: string): MoveDecision => ({ allowed: false, reason });

const ALL_REFUNDED = deny("The payment of the order has been refunded completely.");
const ORDER_CANCELLED = deny("The order is cancelled.");

/** The result of each move in each state. */
const MOVES: Readonly<Record<OrderState, Readonly<Record<OrderMove, MoveDecision>>>> = {
  placed: { fail: ALLOWED, cancel: ALLOWED },
  paid: { fail: deny("The order is already paid."), cancel: ALLOWED },
  refunded: {
    fail: ALL_REFUNDED,
    cancel: deny("The order is already refunded; there is nothing left to cancel."),
  },
  cancelled: {
    fail: ORDER_CANCELLED,
    cancel: deny("The order is already cancelled."),
  },
};

/**
 * Decides whether a command may move an order.
 * @returns permission, or the reason of the refusal: the text of a 409
 */
export function moveOrder(state: OrderState, move: OrderMove): MoveDecision {
  return MOVES[state][move];
}
