import { numbersView } from "../../analytics/day-view.ts";
import type { Tally } from "../../rules/counting/daily-facts.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries, TOTAL } from "../../rules/counting/day-sums.ts";

/** The numbers of a day, as a report shows them. */
export type DayNumbers = ReturnType<typeof dayNumbers>;

const TOP = 20;

/**
 * What was added up of a day, in the form and order in which it is shown: the same sums are the same text.
 * @param categoryOf of each product that is filed under one
 */
export function dayNumbers(sums: Sums, categoryOf: ReadonlyMap<string, string> = new Map()) {
  const total = sums.get(TOTAL) ?? {};
  const shown = numbersView(total);
  const { abandoned_carts, orders } = shown;
  const recovered_orders = total["recovered_orders"] ?? 0;
  return {
    events: countOf(underPrefix(sums, "type"), "events"),
    unreadable: total["unreadable"] ?? 0,
    ...shown,
    recovered_orders,
    /** Of the carts that were given up or ordered from: how many were given up. */
    abandonment_rate: rate(abandoned_carts, abandoned_carts + orders),
    /** Orders from a cart that had been given up, for each cart that was given up on the day. */
    recovery_rate: rate(recovered_orders, abandoned_carts),
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
    types: byName(underPrefix(sums, "type")).map(([type, { events = 0 }]) => ({ type, events })),
  };
}

type Row = readonly [name: string, tally: Tally];

function underPrefix(sums: Sums, prefix: string): Row[] {
  const start = `${prefix} `;
  return [...sums]
    .filter(([key]) => key.startsWith(start))
    .map(([key, tally]) => [key.slice(start.length), tally]);
}

function byName(rows: readonly Row[]): Row[] {
  return rows.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function countOf(rows: readonly Row[], name: string): number {
  return rows.reduce((sum, [, tally]) => sum + (tally[name] ?? 0), 0);
}

/** To four digits; null: there was nothing to compare with. */
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

/** Of products that are filed under nothing. */
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

/** The most ordered first, then the most often put into a cart, then the most looked at. */
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
    .slice(0, TOP);
}

function topTerms(sums: Sums) {
  const rows = underPrefix(sums, "term").map(([term, { searches = 0 }]) => ({ term, searches }));
  return rows.sort((a, b) => b.searches - a.searches || (a.term < b.term ? -1 : 1)).slice(0, TOP);
}
