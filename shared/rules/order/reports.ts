/**
 * Orders as events report them. A report is a fact and cannot be refused. Reports may come in any order and more than
 * once; the resulting order is the same. A function returns the order that was passed in when nothing changes.
 */
import { sumMinor, timesMinor } from "../../values/money.ts";
import type { Cancellation, FactTime, Payment, PaymentAttempt, Refund } from "./facts.ts";
import { compareFacts, firstFact, withReport } from "./facts.ts";
import { foldOrder } from "./fold.ts";
import { MAX_ATTEMPTS } from "./limits.ts";
import type { Order } from "./order.ts";
import { withDerived } from "./order.ts";
import { addClaim, addPayment } from "./payments.ts";
import type { OrderLine } from "./price-order.ts";

/** The content of another system's order.placed. */
export interface PlacedReport extends FactTime {
  user_id?: string;
  items: OrderLine[];
  total_minor?: number;
  discount_minor?: number;
  shipping_minor?: number;
  tax_minor?: number;
  currency: string;
  cart_id?: string;
  session_id?: string;
  /** True when the report says that the order is paid as well. */
  isPaid: boolean;
}

/** Max contradicting reports kept with an order: enough to name the contradiction. */
const MAX_OTHER_REPORTS = 10;

/**
 * Applies order.placed of another system. The first report of an order defines the order; each report may add that the
 * order is paid. An order of our own checkout stays as it is.
 * @returns `isNewlyPaid`: this report paid the order; `claimed_minor`: the amount that it claims
 */
export function reportPlaced(
  order: Order,
  report: PlacedReport,
): { order: Order; isNewlyPaid: boolean; claimed_minor?: number } {
  if (order.source === "checkout") return { order, isNewlyPaid: false };
  const placed = order.source === "unconfirmed" ? confirmed(order, report) : withOther(order, report);
  if (!report.isPaid) return { order: placed, isNewlyPaid: false };
  const { currency, at_ms, event_id } = report;
  const claimed_minor = claimedMinor(report);
  const amount = claimed_minor === undefined ? {} : { amount_minor: claimed_minor };
  const claims = addClaim(placed.claims, { ...amount, currency, at_ms, event_id });
  if (claims === placed.claims) return { order: placed, isNewlyPaid: false };
  const claimed = withDerived({ ...placed, claims: [...claims] });
  return { order: claimed, isNewlyPaid: !foldOrder(placed).isCovered, claimed_minor };
}

/** Fills an unconfirmed order with its order.placed. */
function confirmed(order: Order, report: PlacedReport): Order {
  const { isPaid: _isPaid, at_ms, event_id: _id, user_id = order.user_id, ...content } = report;
  return withDerived({ ...order, ...content, user_id, source: "outside", placed_at_ms: at_ms });
}

/** Remembers a report that contradicts the first one. */
function withOther(order: Order, report: PlacedReport): Order {
  const { at_ms, event_id } = report;
  const isKnown = order.other_reports.some(other => other.event_id === event_id);
  if (isKnown || isSameOrder(order, report) || order.other_reports.length >= MAX_OTHER_REPORTS) return order;
  const other_reports = [...order.other_reports, { at_ms, event_id }].sort(compareFacts);
  return withDerived({ ...order, other_reports });
}

function isSameOrder(order: Order, report: PlacedReport): boolean {
  const contentOf = ({ items, total_minor, currency }: Pick<Order, "items" | "total_minor" | "currency">) =>
    JSON.stringify([
      items
        .map(({ product_id, quantity, unit_price_minor }) => [product_id, quantity, unit_price_minor])
        .sort(),
      total_minor,
      currency,
    ]);
  const { user_id = order.user_id } = report;
  return contentOf(order) === contentOf(report) && user_id === order.user_id;
}

/** The content of order.paid. */
export type PaidReport = Pick<Payment, "payment_id" | "attempt_id" | "amount_minor" | "currency"> & FactTime;

/** Applies order.paid. A report without a payment id and without an attempt is a claim. */
export function reportPaid(order: Order, paid: PaidReport): Order {
  const { payment_id, attempt_id, amount_minor, currency, at_ms, event_id } = paid;
  if (payment_id === undefined && attempt_id === undefined) {
    const claims = addClaim(order.claims, { amount_minor, currency, at_ms, event_id });
    return claims === order.claims ? order : withDerived({ ...order, claims: [...claims] });
  }
  const payments = addPayment(order.payments, { ...paid, reported: { at_ms, event_id } });
  return payments === order.payments ? order : withDerived({ ...order, payments: [...payments] });
}

/**
 * Applies refund.issued. Reports of one refund id are one refund. Money that our own checkout paid out stays as our
 * checkout says.
 */
export function reportRefund(order: Order, refund: Omit<Refund, "reported">): Order {
  const known = order.refunds.find(({ refund_id }) => refund_id === refund.refund_id);
  if (known?.asked) return order;
  const { at_ms, event_id } = refund;
  const report = { ...refund, reported: { at_ms, event_id } };
  const refunds = withReport(order.refunds, report, ({ refund_id }) => refund_id === refund.refund_id);
  return refunds === order.refunds ? order : withDerived({ ...order, refunds: [...refunds] });
}

/**
 * Applies a cancellation, or with an attempt the failure of a payment. The first of each kind is kept: no later one can
 * have an effect that the first one lacks.
 */
export function reportCancelled(order: Order, cancellation: Cancellation): Order {
  const isKind = ({ attempt_id }: Cancellation) =>
    (attempt_id === undefined) === (cancellation.attempt_id === undefined);
  const first = firstFact([...order.cancellations.filter(isKind), cancellation]);
  if (order.cancellations.some(known => known === first)) return order;
  const others = order.cancellations.filter(known => !isKind(known));
  return withDerived({ ...order, cancellations: [...others, cancellation].sort(compareFacts) });
}

/** Adds an attempt to pay at its own time. The latest attempts are kept. */
export function reportAttempt(order: Order, attempt: PaymentAttempt): Order {
  if (order.attempts.some(({ attempt_id }) => attempt_id === attempt.attempt_id)) return order;
  const attempts = [...order.attempts, attempt]
    .sort((a, b) => a.at_ms - b.at_ms || (a.attempt_id < b.attempt_id ? -1 : 1))
    .slice(-MAX_ATTEMPTS);
  return { ...order, attempts };
}

/**
 * Returns the amount that a report claims as paid: its total, else the sum of its lines.
 * @returns undefined when neither is known
 */
export function claimedMinor({
  total_minor,
  items,
}: Pick<PlacedReport, "total_minor" | "items">): number | undefined {
  return total_minor ?? totalOfLines(items);
}

function totalOfLines(items: readonly OrderLine[]): number | undefined {
  if (items.length === 0) return undefined;
  return sumMinor(
    items.map(({ unit_price_minor, quantity }) =>
      unit_price_minor === undefined ? undefined : timesMinor(unit_price_minor, quantity),
    ),
  );
}
