/** Attempts to pay for an order, as the owner of orders decides about them. */
import { fromMinor, toMinor } from "../../values/money.ts";
import type { OrderFacts } from "./order-state.ts";
import { isCovered, moveOrder, stateOf } from "./order-state.ts";
import type { OrderLine } from "./price-order.ts";

/** One attempt to pay. The latest attempt decides whether a failure cancels the order. */
export interface PaymentAttempt {
  attempt_id: string;
  outcome: "paid" | "failed";
  at_ms: number;
}

export interface Paid {
  /** Absent: the report says only that the order is paid. */
  amount_minor?: number;
  /** Absent: the order's currency. */
  currency?: string;
  payment_id?: string;
  attempt_id?: string;
}

export interface OrderItem {
  product_id: string;
  quantity: number;
}

export interface Refund {
  refund_id: string;
  amount_minor: number;
  /** Absent: the order's currency. */
  currency?: string;
  /** Items that come back to stock. Empty: only money goes back. */
  items: OrderItem[];
  /** The request to our own checkout, kept to recognise the same request when a client repeats it. */
  asked?: { amount?: number; items?: OrderItem[] };
}

/** The fields of an order that payments and refunds read. */
export interface Payable extends OrderFacts {
  items: readonly OrderLine[];
  attempts: readonly PaymentAttempt[];
  paid: Paid | null;
  refunds: Refund[];
}

/** Max attempts kept with an order. An order that failed so often is a case for an operator, not for another try. */
export const MAX_ATTEMPTS = 50;

/** Max refunds kept with an order. */
export const MAX_REFUNDS = 100;

/** A refusal. The reason is the text of a 409. */
export interface Refused {
  kind: "refused";
  reason: string;
}

export interface AskedAttempt extends Pick<PaymentAttempt, "attempt_id" | "outcome"> {
  /** Decimal amount. Absent: the total. */
  amount?: number;
  payment_id?: string;
}

/**
 * Decides about one attempt to pay. A repeated report of the same attempt changes nothing. A payment is always the
 * whole total: PulseCart has no part payments.
 */
export function decideAttempt(
  order: Payable,
  asked: AskedAttempt,
): { kind: "new" } | { kind: "known" } | Refused {
  const { attempt_id, outcome } = asked;
  const known = order.attempts.find(attempt => attempt.attempt_id === attempt_id);
  if (known && known.outcome !== outcome)
    return refusedFor(`The attempt ${attempt_id} has already ${PAST_TENSE[known.outcome]}.`);
  if (known) return isSamePayment(order, asked) ? { kind: "known" } : refusedFor(otherPayment(order, asked));
  const move = moveOrder(stateOf(order), outcome === "paid" ? "pay" : "fail");
  if (!move.allowed) return refusedFor(move.reason);
  if (isCovered(order)) return refusedFor("The order is already paid.");
  if (order.attempts.length >= MAX_ATTEMPTS)
    return refusedFor(
      `The order has ${MAX_ATTEMPTS} failed payment attempts; cancel it and place a new order.`,
    );
  return { kind: "new" };
}

/** Tells whether an attempt repeats the stored payment. The order stores no amount and no payment id of a failure. */
function isSamePayment(
  { paid, currency }: Payable,
  { attempt_id, amount, payment_id }: AskedAttempt,
): boolean {
  if (paid?.attempt_id !== attempt_id) return true;
  const isSameAmount = amount === undefined || toMinor(amount, currency) === paid.amount_minor;
  return isSameAmount && payment_id === paid.payment_id;
}

function otherPayment({ paid, currency }: Payable, { attempt_id }: AskedAttempt): string {
  const amount = `${fromMinor(paid?.amount_minor ?? 0, currency)} ${currency}`;
  const id = paid?.payment_id === undefined ? "without a payment_id" : `with payment_id ${paid.payment_id}`;
  return `The attempt ${attempt_id} has already paid ${amount} ${id}.`;
}

const PAST_TENSE = { paid: "succeeded", failed: "failed" } as const;

/** Tells whether a failed attempt is the latest report about an unpaid order. The order is cancelled then. */
export function isLatestFailure(order: Payable, attemptId: string): boolean {
  return !isCovered(order) && order.attempts.at(-1)?.attempt_id === attemptId;
}

export function refusedFor(reason: string): Refused {
  return { kind: "refused", reason };
}
