/** Attempts to pay for an order, as the owner of orders decides about them. */
import { fromMinor, toMinor } from "../../values/money.ts";
import type { OrderFacts, Payment, PaymentAttempt } from "./facts.ts";
import { foldOrder } from "./fold.ts";
import { MAX_ATTEMPTS, MAX_PAYMENTS } from "./limits.ts";
import { moveOrder } from "./order-state.ts";

/** A refusal. The reason is the text of a 409. */
export interface Refused {
  kind: "refused";
  reason: string;
}

export interface AskedAttempt extends Pick<PaymentAttempt, "attempt_id" | "outcome"> {
  /** Decimal amount. Absent: what is still due, and the total when nothing is due. */
  amount?: number;
  payment_id?: string;
}

type AttemptDecision = { kind: "new" } | { kind: "known" } | Refused;

/**
 * Decides about one attempt to pay. A repeated report of the same attempt changes nothing. Every state accepts the success
 * of a new attempt or payment: the money came, and may have to go back.
 */
export function decideAttempt(order: OrderFacts, asked: AskedAttempt): AttemptDecision {
  return asked.outcome === "paid" ? decideSuccess(order, asked) : decideFailure(order, asked);
}

function decideSuccess(order: OrderFacts, asked: AskedAttempt): AttemptDecision {
  const { attempt_id, payment_id } = asked;
  const attempt = order.attempts.find(known => known.attempt_id === attempt_id);
  const payment = knownPayment(order, asked);
  if (payment && !isSameAmount(payment, asked)) return refusedFor(otherPayment(payment, asked));
  const isNewId = payment_id !== undefined && payment?.payment_id !== payment_id;
  if (payment && !isNewId && (attempt || payment.attempt_id === attempt_id)) return { kind: "known" };
  if (attempt?.outcome === "paid" && payment_id === undefined) return { kind: "known" };
  if (attempt && payment_id === undefined)
    return refusedFor(`The attempt ${attempt_id} has already ${PAST_TENSE[attempt.outcome]}.`);
  if (order.payments.length + order.claims.length >= MAX_PAYMENTS)
    return refusedFor(`An order has at most ${MAX_PAYMENTS} payments.`);
  return { kind: "new" };
}

/**
 * Finds the payment that a successful attempt states again: by its payment id, else by its attempt. A payment id that
 * becomes known later names the payment that its attempt made without one.
 */
function knownPayment(
  { payments }: OrderFacts,
  { attempt_id, payment_id }: Pick<AskedAttempt, "attempt_id" | "payment_id">,
): Payment | undefined {
  const ofAttempt = payments.filter(known => known.attempt_id === attempt_id);
  if (payment_id === undefined) return ofAttempt[0];
  const named = payments.find(known => known.payment_id === payment_id);
  return named ?? ofAttempt.find(known => known.payment_id === undefined);
}

function decideFailure(order: OrderFacts, { attempt_id }: AskedAttempt): AttemptDecision {
  const attempt = order.attempts.find(known => known.attempt_id === attempt_id);
  if (attempt?.outcome === "failed") return { kind: "known" };
  if (attempt) return refusedFor(`The attempt ${attempt_id} has already ${PAST_TENSE[attempt.outcome]}.`);
  const move = moveOrder(foldOrder(order).state, "fail");
  if (!move.allowed) return refusedFor(move.reason);
  if (order.attempts.filter(({ outcome }) => outcome === "failed").length >= MAX_ATTEMPTS)
    return refusedFor(
      `The order has ${MAX_ATTEMPTS} failed payment attempts; cancel it and place a new order.`,
    );
  return { kind: "new" };
}

/**
 * Computes the amount of a successful attempt in minor units. Without an amount it is that of the known payment, else
 * what is still due, else the total.
 * @returns undefined when the amount does not fit the currency, is zero, or is absent while the total is unknown
 */
export function attemptAmount(order: OrderFacts, asked: Omit<AskedAttempt, "outcome">): number | undefined {
  const { total_minor, currency } = order;
  if (asked.amount === undefined) {
    const known = knownPayment(order, asked);
    return known?.amount_minor ?? (foldOrder(order).own.still_due_minor || total_minor);
  }
  const minor = toMinor(asked.amount, currency);
  return minor === 0 && total_minor !== 0 ? undefined : minor;
}

function isSameAmount({ amount_minor, currency }: Payment, { amount }: AskedAttempt): boolean {
  return amount === undefined || toMinor(amount, currency) === amount_minor;
}

function otherPayment({ payment_id, amount_minor, currency }: Payment, { attempt_id }: AskedAttempt): string {
  const amount = `${fromMinor(amount_minor, currency)} ${currency}`;
  const payer = payment_id === undefined ? `attempt ${attempt_id}` : `payment ${payment_id}`;
  return `The ${payer} has already paid ${amount}.`;
}

const PAST_TENSE = { paid: "succeeded", failed: "failed" } as const;

export function refusedFor(reason: string): Refused {
  return { kind: "refused", reason };
}
