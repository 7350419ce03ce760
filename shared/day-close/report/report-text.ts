import type { DayNumbers } from "../aggregate/day-numbers.ts";
import type { Coverage, Finding, Headline, Outlook } from "../closing/day-report-types.ts";
import type { hitsView } from "../recommend/check-recommended.ts";

/** A report in the form of its JSON answer. */
export interface ReportView {
  day: string;
  cut_off: string;
  numbers: DayNumbers;
  /** The numbers to read first, each beside the median of the same weekday in the eight weeks before. */
  headlines: readonly Headline[];
  /** The stock at the first closing. */
  outlook: Outlook;
  findings: readonly Finding[];
  /** Absent: an older version wrote the report. */
  coverage?: Coverage;
  repairs: readonly { target: string; before: unknown; after: unknown; at: string }[];
  /** Quality of the recommendations made before the day; null when no user had recommendations. */
  recommended: ReturnType<typeof hitsView> | null;
  closings: readonly { run: number; at: string; numbers_hash: string }[];
}

type Line = readonly [name: string, value: string | number];

/** Formats a report as plain text for a terminal. */
export function reportText(report: ReportView): string {
  const { day, cut_off, closings } = report;
  const title = [`The day ${day}`, `  events archived before ${cut_off}; closings: ${closings.length}`];
  const parts = [
    title,
    section("This morning", report.headlines.map(headlineLine)),
    section("Stock", outlookLines(report.outlook)),
    ...totals(report.numbers),
    ...rankings(report.numbers),
    section("Recommendations before the day", report.recommended ? hitLines(report.recommended) : []),
    hours(report.numbers),
    foreignFacts(report.numbers),
    ...differences(report),
  ];
  return `${parts.map(lines => lines.join("\n")).join("\n\n")}\n`;
}

function totals(numbers: DayNumbers): string[][] {
  const { funnel } = numbers;
  return [
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
      ["abandoned", numbers.abandoned_carts],
      ["abandonment rate", percent(numbers.abandonment_rate)],
      ["orders from abandoned carts", numbers.recovered_orders],
      ["recovery rate", percent(numbers.recovery_rate)],
    ]),
  ];
}

function headlineLine({ name, value, usual }: Headline): Line {
  const text = (number: number | null) => number ?? "-";
  return [name, `${text(value)} (usual on this weekday: ${text(usual)})`];
}

function outlookLines({ backordered_products, backorders, short }: Outlook): Line[] {
  return [
    ["backordered products", backordered_products],
    ...backorders.map(({ product_id, units }): Line => [product_id, `${units} units owed to customers`]),
    ...short.map(({ product_id, stock, units_a_day, days_of_cover }): Line => {
      return [product_id, `${stock} in stock, ${units_a_day} sold a day, ${days_of_cover} days of cover`];
    }),
  ];
}

function rankings({ segments, categories, top_products, top_terms, mails }: DayNumbers): string[][] {
  return [
    section(
      "Segments",
      segments.map(({ segment, paid_orders, paid }) => [
        segment,
        `${paid_orders} orders paid, ${amounts(paid)}`,
      ]),
    ),
    section(
      "Categories",
      categories.map(({ category, views, carted, ordered, sales }) => [
        category,
        `${ordered} ordered, ${carted} put into carts, ${views} views, ${amounts(sales)}`,
      ]),
    ),
    section(
      "Most ordered",
      top_products.map(({ product_id, ordered, views }) => [
        product_id,
        `${ordered} ordered, ${views} views`,
      ]),
    ),
    section(
      "Most searched for",
      top_terms.map(({ term, searches }) => [term, searches]),
    ),
    section(
      "Mails",
      mails.map(({ template, sent, skipped }) => [template, `${sent} sent, ${skipped} skipped`]),
    ),
  ];
}

function hitLines(recommended: NonNullable<ReportView["recommended"]>): Line[] {
  return [
    ["orders of users with recommendations", recommended.orders],
    ["with a recommended product", percent(recommended.hit_at_10)],
    ["with one of the ten most popular", percent(recommended.popular_hit_at_10)],
    ["products that were recommended", percent(recommended.coverage)],
    ["products among the most popular", percent(recommended.popular_coverage)],
  ];
}

function hours(numbers: DayNumbers): string[] {
  return section(
    "Hours",
    numbers.hours.map(({ hour, views, orders, paid }) => [
      hour,
      `${views} views, ${orders} orders, ${amounts(paid)} paid`,
    ]),
  );
}

/** Lists facts about things that have another owner. Such facts changed nothing. */
function foreignFacts({ foreign_facts: { facts, list } }: DayNumbers): string[] {
  const left = facts - list.reduce((sum, { count }) => sum + count, 0);
  const lines = list.map(({ type, thing, producer, count, is_conflict }): Line => {
    const what = is_conflict ? "claimed as well" : "reported";
    return [`${type} about ${thing}`, `${what} by ${producer}, ${count} times`];
  });
  return section("Facts from others than the owner", left === 0 ? lines : [...lines, ["not listed", left]]);
}

/** Lists the explained part of the money, and the clearing pairs that are open. */
function coverageLines({ money, open }: Coverage): Line[] {
  return [
    ...money.map(
      ({ currency, percent: part }): Line => [`the day's money in ${currency}`, `${part} % explained`],
    ),
    ...open.map(
      ({ pair, since, orders, currency, amount }): Line => [
        `open: ${pair}`,
        `${amount} ${currency} in ${orders} orders since ${since}`,
      ],
    ),
  ];
}

function differences({ findings, repairs, coverage }: ReportView): string[][] {
  return [
    section("Coverage", coverage ? coverageLines(coverage) : []),
    section(
      "Differences",
      findings.map(({ kind, about, expected, found, events = [] }) => [
        `${kind}: ${about}`,
        [`expected ${expected}`, `found ${found}`, ...events].join("; "),
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
}

const NAME_WIDTH = 36;

function section(title: string, lines: readonly Line[]): string[] {
  const rows = lines.length === 0 ? [["none", ""] as const] : lines;
  return [
    title,
    ...rows.map(([name, value]) => `  ${printable(name).padEnd(NAME_WIDTH)} ${value}`.trimEnd()),
  ];
}

/** Removes control characters. Ids and search terms come from other systems and must not control a terminal. */
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
