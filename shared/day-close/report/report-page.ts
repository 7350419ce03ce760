import type { Html } from "../../http/html.ts";
import { html } from "../../http/html.ts";
import type { DayNumbers } from "../aggregate/day-numbers.ts";
import type { Point } from "./plots.ts";
import { bars, columns } from "./plots.ts";
import type { ReportView } from "./report-text.ts";
import { reportText } from "./report-text.ts";

/** The page holds search terms of users, so the browser runs no script and fetches nothing. */
export const REPORT_PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const STYLE = html`:root { color-scheme: light dark } body { font-family: sans-serif; margin: 2em; max-width: 60em }
figure { margin: 0 0 2em } figcaption { font-weight: bold; margin-bottom: .5em } svg { width: 100%; height: auto }
rect { fill: #3572b0 } text { fill: currentColor; font-size: 12px } pre { overflow-x: auto }`;

/** Formats a report as an HTML page with plots. */
export function reportPage(report: ReportView): string {
  const title = `The day ${report.day}`;
  const plots = [...shopPlots(report.numbers), ...checkPlots(report)].map(plot => html`${plot}\n`);
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head><body>
<h1>${title}</h1>
${plots}<pre>${reportText(report)}</pre>
</body></html>
`;
  return page.toString();
}

function shopPlots(numbers: DayNumbers): Html[] {
  const { funnel, hours } = numbers;
  const currencies = [...new Set(hours.flatMap(({ paid }) => Object.keys(paid)))].sort();
  return [
    bars("Funnel", [
      ["views", numbers.views],
      ["shoppers with a cart", funnel.cart],
      ["shoppers who ordered", funnel.order],
      ["shoppers who paid", funnel.paid],
    ]),
    ...currencies.map(currency =>
      columns(
        `Paid by hour, ${currency}`,
        hours.map(({ hour, paid }) => [hour, paid[currency] ?? 0]),
      ),
    ),
    bars(
      "Ordered by category",
      numbers.categories.map(({ category, ordered }) => [category, ordered]),
    ),
    columns("Views by hour", byHour(hours, "views")),
    columns("Orders by hour", byHour(hours, "orders")),
    columns("Abandoned carts by hour", byHour(hours, "abandoned_carts")),
    bars("Carts", [
      ["ordered", numbers.orders],
      ["abandoned", numbers.abandoned_carts],
      ["ordered after abandonment", numbers.recovered_orders],
    ]),
  ];
}

function checkPlots({ recommended, findings, repairs }: ReportView): Html[] {
  return [
    bars("Orders with a recommended product, in %", [
      ["recommended to the user", percentOf(recommended?.hit_at_10)],
      ["ten most popular", percentOf(recommended?.popular_hit_at_10)],
    ]),
    bars("Differences from the events", [
      ...countedBy(findings.map(({ kind }) => kind)),
      ["repaired", repairs.length],
    ]),
  ];
}

function percentOf(part = 0): number {
  return Math.round(part * 1_000) / 10;
}

function byHour(hours: DayNumbers["hours"], name: "views" | "orders" | "abandoned_carts"): Point[] {
  return hours.map(hour => [hour.hour, hour[name]]);
}

function countedBy(names: readonly string[]): Point[] {
  const counts = Map.groupBy(names, name => name);
  return [...counts].map(([name, all]) => [name, all.length]);
}
