import type { Difference } from "./difference.ts";
import type { Accepted, AcceptedOrder } from "./facts.ts";
import { refundedMinor } from "./facts.ts";
import type { DayNumbers, Found } from "./found.ts";

/** What was paid less what went back is the revenue: of each order, and of all of them as analytics counts them. */
export function moneyDifferences(
  accepted: Accepted,
  found: Found,
  days: { before: DayNumbers; after: DayNumbers },
): Difference[] {
  const orders = [...accepted.orders.values()];
  return [...orders.flatMap(order => ofOrder(order, found)), ...ofDays(orders, found, days)];
}

function ofOrder(order: AcceptedOrder, found: Found): Difference[] {
  const document = found.orders.get(order.id);
  const paid = document?.paid?.amount_minor ?? 0;
  const refunded = (document?.refunds ?? []).reduce((sum, { amount_minor }) => sum + amount_minor, 0);
  return [
    ...differing(`${order.id}: paid`, order.paidMinor, paid),
    ...differing(`${order.id}: refunded`, refundedMinor(order), refunded),
  ];
}

function ofDays(
  orders: readonly AcceptedOrder[],
  { archive }: Found,
  { before, after }: { before: DayNumbers; after: DayNumbers },
): Difference[] {
  const paid = orders.reduce((sum, { paidMinor }) => sum + paidMinor, 0);
  const refunded = orders.reduce((sum, order) => sum + refundedMinor(order), 0);
  const archived = (type: string): number => archive.filter(({ event_type }) => event_type === type).length;
  const grew = (of: (numbers: DayNumbers) => number | undefined): number =>
    (of(after) ?? 0) - (of(before) ?? 0);
  const minor = (of: (numbers: DayNumbers) => number | undefined): number => Math.round(grew(of) * 100);
  return [
    ...differing(
      "analytics: paid",
      paid,
      minor(({ paid }) => paid["USD"]),
    ),
    ...differing(
      "analytics: refunded",
      refunded,
      minor(({ refunded }) => refunded["USD"]),
    ),
    ...differing(
      "analytics: revenue",
      paid - refunded,
      minor(({ revenue }) => revenue["USD"]),
    ),
    ...differing(
      "analytics: orders",
      orders.length,
      grew(({ orders }) => orders),
    ),
    ...differing(
      "analytics: views",
      archived("product.viewed"),
      grew(({ views }) => views),
    ),
    ...differing(
      "analytics: searches",
      archived("search.performed"),
      grew(({ searches }) => searches),
    ),
  ];
}

function differing(about: string, expected: number, seen: number): Difference[] {
  return expected === seen ? [] : [{ about, expected: String(expected), found: String(seen) }];
}
