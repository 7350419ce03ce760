import type { Accepted } from "./accepted.ts";
import type { AcceptedOrder } from "./accepted-orders.ts";
import { refundedMinor } from "./accepted-orders.ts";
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

function orderMoney(order: AcceptedOrder, shop: ShopState): Difference[] {
  const document = shop.orders.get(order.id);
  const paid = document?.paid?.amount_minor ?? 0;
  const refunded = (document?.refunds ?? []).reduce((sum, { amount_minor }) => sum + amount_minor, 0);
  return [
    ...differing(`${order.id}: paid`, order.paidMinor, paid),
    ...differing(`${order.id}: refunded`, refundedMinor(order), refunded),
  ];
}

function dayTotals(
  orders: readonly AcceptedOrder[],
  { archive }: ShopState,
  { before, after }: { before: DayNumbers; after: DayNumbers },
): Difference[] {
  const paid = orders.reduce((sum, { paidMinor }) => sum + paidMinor, 0);
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

function differing(about: string, expected: number, found: number): Difference[] {
  return expected === found ? [] : [{ about, expected: String(expected), found: String(found) }];
}
