import type { DayNumbers } from "../aggregate/day-numbers.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { shownMet } from "../recommend/check-recommended.ts";

export interface ReportView {
  day: string;
  cut_off: string;
  numbers: DayNumbers;
  findings: readonly Finding[];
  repairs: readonly { target: string; before: unknown; after: unknown; at: string }[];
  /** How what was recommended before the day met its orders; null: nobody was recommended anything. */
  recommended: ReturnType<typeof shownMet> | null;
  closings: readonly { run: number; at: string; numbers_hash: string }[];
}

type Line = readonly [name: string, value: string | number];

/** A report as a page of text, for people. */
export function reportText(report: ReportView): string {
  const { day, cut_off, numbers, findings, repairs, recommended, closings } = report;
  const { funnel, hours } = numbers;
  const parts = [
    [`The day ${day}`, `  what was archived before ${cut_off}, closed ${closings.length} times`],
    section("The day", [
      ["events", numbers.events],
      ["orders", numbers.orders],
      ["sales", amounts(numbers.sales)],
      ["paid", amounts(numbers.paid)],
      ["refunded", amounts(numbers.refunded)],
      ["revenue", amounts(numbers.revenue)],
      ["course sales", amounts(numbers.course_sales)],
      ["sign-ups", numbers.signups],
    ]),
    section("Funnel", [
      ["views", numbers.views],
      ["shoppers with a cart", funnel.cart],
      ["shoppers who ordered", funnel.order],
      ["shoppers who paid", funnel.paid],
    ]),
    section("Carts", [
      ["given up", numbers.abandoned_carts],
      ["rate of abandonment", percent(numbers.abandonment_rate)],
      ["orders from one that was given up", numbers.recovered_orders],
      ["rate of recovery", percent(numbers.recovery_rate)],
    ]),
    section(
      "Segments",
      numbers.segments.map(({ segment, paid_orders, paid }) => [segment, `${paid_orders} ${amounts(paid)}`]),
    ),
    section(
      "Categories",
      numbers.categories.map(({ category, views, carted, ordered, sales }) => [
        category,
        `${ordered} ordered, ${carted} put into carts, ${views} views, ${amounts(sales)}`,
      ]),
    ),
    section(
      "Most ordered",
      numbers.top_products.map(({ product_id, ordered, views }) => [
        product_id,
        `${ordered} of ${views} views`,
      ]),
    ),
    section(
      "Most searched for",
      numbers.top_terms.map(({ term, searches }) => [term, searches]),
    ),
    section(
      "Mails",
      numbers.mails.map(({ template, sent, skipped }) => [template, `${sent} sent, ${skipped} skipped`]),
    ),
    section("Recommended the night before", recommended ? met(recommended) : []),
    section(
      "Hours",
      hours.map(({ hour, views, orders, paid }) => [
        hour,
        `${views} views, ${orders} orders, ${amounts(paid)} paid`,
      ]),
    ),
    section(
      "Differences",
      findings.map(({ kind, about, expected, found, events = [] }) => [
        `${kind}: ${about}`,
        [`${found}, should be ${expected}`, ...events].join("; "),
      ]),
    ),
    section(
      "Repaired",
      repairs.map(({ target, before, after }) => [
        target,
        `${JSON.stringify(before)} became ${JSON.stringify(after)}`,
      ]),
    ),
  ];
  return `${parts.map(lines => lines.join("\n")).join("\n\n")}\n`;
}

function met(recommended: ReturnType<typeof shownMet>): Line[] {
  return [
    ["orders of those it was to", recommended.orders],
    ["had one of the ten in it", percent(recommended.hit_at_10)],
    ["had one of the ten most popular", percent(recommended.popular_hit_at_10)],
    ["of all products, shown to anyone", percent(recommended.coverage)],
    ["of all products, most popular", percent(recommended.popular_coverage)],
  ];
}

const NAME_WIDTH = 36;

function section(title: string, lines: readonly Line[]): string[] {
  const rows = lines.length === 0 ? [["none", ""] as const] : lines;
  return [
    title,
    ...rows.map(([name, value]) => `  ${printable(name).padEnd(NAME_WIDTH)} ${value}`.trimEnd()),
  ];
}

/** Ids and terms are other people's text: no control character of theirs reaches a terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}+/gu, " ");
}

function amounts(byCurrency: Readonly<Record<string, number>>): string {
  const all = Object.entries(byCurrency).map(([currency, amount]) => `${amount} ${currency}`);
  return all.join(", ") || "0";
}

function percent(rate: number | null): string {
  return rate === null ? "-" : `${Math.round(rate * 1_000) / 10} %`;
}
