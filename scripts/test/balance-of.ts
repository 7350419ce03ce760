/** Sums of an order in the main unit of USD. Absent sums are 0. */
export type SumsInUsd = Partial<Record<(typeof SUMS)[number], number>>;

const SUMS = ["orders", "total", "paid", "refunded", "owed_back", "still_due", "paid_orders"] as const;

/**
 * Builds the sums of an order.balance_changed payload, for an order in USD.
 * @param before the sums of the revision before
 */
export function balanceOf(after: SumsInUsd, before: SumsInUsd = {}) {
  const sums = (value: (name: (typeof SUMS)[number]) => number) => ({
    currency: "USD",
    ...(Object.fromEntries(SUMS.map(name => [name, value(name)])) as Required<SumsInUsd>),
  });
  // Whole cents: a difference of decimals is inexact.
  const difference = (name: (typeof SUMS)[number]) =>
    Math.round(((after[name] ?? 0) - (before[name] ?? 0)) * 100) / 100;
  return { balances: [sums(name => after[name] ?? 0)], changes: [sums(difference)] };
}
