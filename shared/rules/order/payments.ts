/** The payments of an order. Reports of one payment are one payment; two payment ids are two payments. */
import type { Claim, FactTime, OrderFacts, Payment } from "./facts.ts";
import { compareFacts, firstFact, withReport } from "./facts.ts";

/** Max attempts kept with one payment. An honest provider repeats a payment under one or two. */
const MAX_PAYMENT_ATTEMPTS = 10;

/**
 * Adds a report of a payment. Two currencies under one id are kept apart, so that the conflict stays visible. The latest
 * report gives the content, but the attempts of all reports are kept: each of them names this payment.
 */
export function addPayment(payments: readonly Payment[], report: Payment): readonly Payment[] {
  const isSame = (known: Payment) => payIdOf(known) === payIdOf(report) && known.currency === report.currency;
  const known = payments.find(isSame);
  const after = withReport(payments, report, isSame);
  if (!known) return after;
  const attempt_ids = [...new Set([...attemptsOf(known), ...attemptsOf(report)])]
    .sort()
    .slice(0, MAX_PAYMENT_ATTEMPTS);
  const isKnown = attempt_ids.every(id => attemptsOf(known).includes(id));
  if (after === payments && isKnown) return payments;
  return after.map(each => (isSame(each) ? withAttempts(each, attempt_ids) : each));
}

/** Lists the attempts that reports of a payment named. */
function attemptsOf({ attempt_id, attempt_ids }: Payment): readonly string[] {
  return attempt_ids ?? (attempt_id === undefined ? [] : [attempt_id]);
}

function withAttempts({ attempt_ids: _before, ...payment }: Payment, attempt_ids: string[]): Payment {
  const isPlain = attempt_ids.every(id => id === payment.attempt_id);
  return isPlain ? payment : { ...payment, attempt_ids };
}

/** Adds a claim. The first of several claims with the same amount counts. */
export function addClaim(claims: readonly Claim[], claim: Claim): readonly Claim[] {
  const same = claims.find(
    known => known.amount_minor === claim.amount_minor && known.currency === claim.currency,
  );
  if (same && compareFacts(same, claim) <= 0) return claims;
  return [...claims.filter(known => known !== same), claim].sort(compareFacts);
}

/**
 * Lists the payments that count. The currency of a payment id is that of its first report. A payment without a
 * payment id is left out when a payment with an id names the same attempt.
 */
export function countedPayments({ payments }: Pick<OrderFacts, "payments">): Payment[] {
  const counted = [...Map.groupBy(payments, payIdOf).values()].flatMap(reports => firstFact(reports) ?? []);
  const withId = counted.filter(({ payment_id }) => payment_id !== undefined);
  const named = new Set(withId.flatMap(payment => [...attemptsOf(payment), payment.attempt_id]));
  return counted.filter(({ payment_id, attempt_id }) => payment_id !== undefined || !named.has(attempt_id));
}

/** Lists the reports whose payment id is known in another currency. Their money does not count. */
export function conflictingPayments({ payments }: Pick<OrderFacts, "payments">): Payment[] {
  return [...Map.groupBy(payments, payIdOf).values()].flatMap(reports => {
    const first = firstFact(reports);
    return reports.filter(report => report !== first);
  });
}

/** Returns the first payment or claim of an order, in any currency. */
export function firstMoney(order: Pick<OrderFacts, "payments" | "claims">): FactTime | undefined {
  return firstFact<FactTime>([...countedPayments(order), ...order.claims]);
}

/** Identifies a payment: by its payment id, else by its attempt. */
function payIdOf({ payment_id, attempt_id }: Payment): string {
  return payment_id === undefined ? `attempt ${attempt_id}` : `payment ${payment_id}`;
}
