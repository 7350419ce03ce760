import type { Accepted } from "./accepted.ts";
import type { AcceptedOrder } from "./accepted-orders.ts";
import { paidMinor, refundedMinor } from "./accepted-orders.ts";
import type { Difference } from "./difference.ts";
import type { DayNumbers, ShopState } from "./shop-state.ts";

/** Checks paid, refunded and revenue: of each order, and of all orders as analytics counts them. */
export function moneyDifferences(
  accepted: Accepted,
  shop: ShopState,
  days: { before: DayNumbers; after: DayNumbers },
): Difference[] {
  const orders = [...accepted.orders.values()];
  return [...orders.flatMap(order => orderMoney(order, shop)), ...dayTotals(orders, shop, days)];
}

/** Checks each payment and refund of an order, and the last sums that order.balance_changed announced. */
function orderMoney(order: AcceptedOrder, { orders, archive }: ShopState): Difference[] {
  const document = orders.get(order.id);
  const stored = (document?.payments ?? []).map(
    ({ payment_id, amount_minor }) => `${payment_id} ${amount_minor}`,
  );
  const expected = [...order.payments].map(([id, minor]) => `${id} ${minor}`);
  const refunded = (document?.refunds ?? []).reduce((sum, { amount_minor }) => sum + amount_minor, 0);
  const facts = archive.filter(
    ({ event_type, event, producer }) =>
      event_type === "order.balance_changed" && producer !== "ingest" && event.order_id === order.id,
  );
  const announced = (name: "paid" | "refunded") =>
    facts.reduce((sum, { event }) => sum + cents(event.payload.changes[0]?.[name] ?? 0), 0);
  const revisions = facts.map(({ event }) => event.payload.revision).sort((a, b) => a - b);
  const wanted = Array.from({ length: document?.revision ?? 0 }, (_, index) => index + 1);
  return [
    ...differing(`${order.id}: revisions`, wanted.join(", "), revisions.join(", ")),
    ...differing(`${order.id}: payments`, expected.sort().join(", "), stored.sort().join(", ")),
    ...differing(`${order.id}: refunded`, refundedMinor(order), refunded),
    ...differing(`${order.id}: announced paid`, paidMinor(order), announced("paid")),
    ...differing(`${order.id}: announced refunded`, refundedMinor(order), announced("refunded")),
  ];
}

function cents(amount: number): number {
  return Math.round(amount * 100);
}

function dayTotals(
  orders: readonly AcceptedOrder[],
  { archive }: ShopState,
  { before, after }: { before: DayNumbers; after: DayNumbers },
): Difference[] {
  const paid = orders.reduce((sum, order) => sum + paidMinor(order), 0);
  const refunded = orders.reduce((sum, order) => sum + refundedMinor(order), 0);
  const archived = (type: string): number => archive.filter(({ event_type }) => event_type === type).length;
  const counted = (total: (numbers: DayNumbers) => number | undefined): number =>
    (total(after) ?? 0) - (total(before) ?? 0);
  const minor = (total: (numbers: DayNumbers) => number | undefined): number =>
    Math.round(counted(total) * 100);
  const totals: [name: string, expected: number, counted: number][] = [
    ["paid", paid, minor(numbers => numbers.paid["USD"])],
    ["refunded", refunded, minor(numbers => numbers.refunded["USD"])],
    ["revenue", paid - refunded, minor(numbers => numbers.revenue["USD"])],
    ["orders", orders.length, counted(numbers => numbers.orders)],
    ["views", archived("product.viewed"), counted(numbers => numbers.views)],
    ["searches", archived("search.performed"), counted(numbers => numbers.searches)],
  ];
  return totals.flatMap(([name, expected, number]) => differing(`analytics: ${name}`, expected, number));
}

function differing<T extends string | number>(about: string, expected: T, found: T): Difference[] {
  return expected === found ? [] : [{ about, expected: String(expected), found: String(found) }];
}
