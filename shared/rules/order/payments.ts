/** The payments of an order. Reports of one payment are one payment; two payment ids are two payments. */
import type { Claim, FactTime, OrderFacts, Payment } from "./facts.ts";
import { compareFacts, firstFact, withReport } from "./facts.ts";

/** Adds a report of a payment. Two currencies under one id are kept apart, so that the conflict stays visible. */
export function addPayment(payments: readonly Payment[], report: Payment): readonly Payment[] {
  return withReport(
    payments,
    report,
    known => payIdOf(known) === payIdOf(report) && known.currency === report.currency,
  );
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
  const named = new Set(
    payments.filter(({ payment_id }) => payment_id !== undefined).map(({ attempt_id }) => attempt_id),
  );
  return [...Map.groupBy(payments, payIdOf).values()]
    .flatMap(reports => firstFact(reports) ?? [])
    .filter(({ payment_id, attempt_id }) => payment_id !== undefined || !named.has(attempt_id));
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
