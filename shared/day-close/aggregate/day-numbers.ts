import { numbersView } from "../../analytics/day-view.ts";
import type { Tally } from "../../rules/counting/daily-facts.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries, TOTAL } from "../../rules/counting/day-sums.ts";
import { isTermShown } from "../../rules/counting/term-people.ts";
import { foreignFactsIn } from "./foreign-facts.ts";

/** The numbers of a day in the report's form. */
export type DayNumbers = ReturnType<typeof dayNumbers>;

/** Max rows of a ranking. */
const TOP_ROWS = 20;

/**
 * Converts the sums of a day into the report's numbers. Every list has a fixed order: the same sums give the same text.
 * @param categoryOf the category of each product that has one
 */
export function dayNumbers(sums: Sums, categoryOf: ReadonlyMap<string, string> = new Map()) {
  const total = sums.get(TOTAL) ?? {};
  const numbers = numbersView(total);
  const { abandoned_carts, orders } = numbers;
  const { recovered_orders = 0, recovered_earlier = 0 } = total;
  return {
    events: countOf(underPrefix(sums, "type"), "events"),
    unreadable: total["unreadable"] ?? 0,
    ...numbers,
    recovered_orders,
    /** Abandoned carts as a part of the carts that were abandoned or ordered. */
    abandonment_rate: rate(abandoned_carts, abandoned_carts + orders),
    /**
     * Carts bought back on the day, as a part of the carts abandoned or bought back on it. A cart abandoned on an
     * earlier day counts in both, so the rate never exceeds 1.
     */
    recovery_rate: rate(recovered_orders, abandoned_carts + recovered_earlier),
    /** Shoppers who ordered per shopper with a cart. */
    conversion_rate: rate(numbers.funnel.order, numbers.funnel.cart),
    /** Failed attempts per attempt to pay. */
    payment_failure_rate: rate(numbers.failed_payments, numbers.failed_payments + numbers.paid_orders),
    /** Searches without a result per search that states its number of results. */
    empty_search_rate: rate(total["searches_without_result"] ?? 0, total["searches_with_count"] ?? 0),
    searches_without_result: total["searches_without_result"] ?? 0,
    hours: hoursOf(sums),
    segments: byName(underPrefix(sums, "segment")).map(([segment, tally]) => {
      const { paid_orders, paid } = numbersView(tally);
      return { segment, paid_orders, paid };
    }),
    categories: categoriesIn(sums, categoryOf),
    products: underPrefix(sums, "product").length,
    top_products: topProducts(sums),
    top_terms: topTerms(sums),
    mails: byName(underPrefix(sums, "mail")).map(([template, { sent = 0, skipped = 0 }]) => {
      return { template, sent, skipped };
    }),
    foreign_facts: foreignFactsIn(sums),
    types: byName(underPrefix(sums, "type")).map(([type, { events = 0 }]) => ({ type, events })),
  };
}

type NamedTally = readonly [name: string, tally: Tally];

function underPrefix(sums: Sums, prefix: string): NamedTally[] {
  const start = `${prefix} `;
  return [...sums]
    .filter(([key]) => key.startsWith(start))
    .map(([key, tally]) => [key.slice(start.length), tally]);
}

function byName(rows: readonly NamedTally[]): NamedTally[] {
  return rows.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function countOf(rows: readonly NamedTally[], name: string): number {
  return rows.reduce((sum, [, tally]) => sum + (tally[name] ?? 0), 0);
}

/**
 * Divides a part by a whole, to four digits.
 * @returns null when the whole is zero
 */
function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}

function hoursOf(sums: Sums) {
  return Array.from({ length: 24 }, (_, hour) => {
    const name = String(hour).padStart(2, "0");
    const tally = sums.get(`hour ${name}`) ?? {};
    const { views, orders, abandoned_carts, paid } = numbersView(tally);
    return { hour: name, views, orders, abandoned_carts, paid };
  });
}

/** The category of products without one. */
const UNCATEGORISED = "uncategorised";

function categoriesIn(sums: Sums, categoryOf: ReadonlyMap<string, string>) {
  const tallies: Sums = new Map();
  for (const [product, tally] of underPrefix(sums, "product"))
    addEntries(tallies, [[categoryOf.get(product) ?? UNCATEGORISED, tally]]);
  return byName([...tallies]).map(([category, tally]) => {
    const { views = 0, carted = 0, ordered = 0 } = tally;
    return { category, views, carted, ordered, sales: numbersView(tally).sales };
  });
}

/** Ranks products by ordered units, then by units put into carts, then by views. */
function topProducts(sums: Sums) {
  const rows = underPrefix(sums, "product").map(([product_id, tally]) => {
    const { views = 0, carted = 0, ordered = 0 } = tally;
    return { product_id, views, carted, ordered, sales: numbersView(tally).sales };
  });
  return rows
    .sort(
      (a, b) =>
        b.ordered - a.ordered ||
        b.carted - a.carted ||
        b.views - a.views ||
        (a.product_id < b.product_id ? -1 : 1),
    )
    .slice(0, TOP_ROWS);
}

/** Ranks the terms that enough people searched for. */
function topTerms(sums: Sums) {
  const rows = underPrefix(sums, "term").flatMap(([term, tally]) =>
    isTermShown(tally) ? [{ term, searches: tally["searches"] ?? 0 }] : [],
  );
  return rows.sort((a, b) => b.searches - a.searches || (a.term < b.term ? -1 : 1)).slice(0, TOP_ROWS);
}
