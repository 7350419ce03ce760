import { escaped } from "../../http/html.ts";
import type { DayNumbers } from "../aggregate/day-numbers.ts";
import type { ReportView } from "./report-text.ts";
import { reportText } from "./report-text.ts";

/** Nothing in it runs or is fetched: what people search for is among it. */
export const REPORT_PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const STYLE = `:root { color-scheme: light dark } body { font-family: sans-serif; margin: 2em; max-width: 60em }
figure { margin: 0 0 2em } figcaption { font-weight: bold; margin-bottom: .5em } svg { width: 100%; height: auto }
rect { fill: #3572b0 } text { fill: currentColor; font-size: 12px } pre { overflow-x: auto }`;

/** A report as a page with plots, for people. */
export function reportPage(report: ReportView): string {
  const { day, numbers, findings, repairs } = report;
  const { funnel, hours, abandoned_carts, orders, recovered_orders } = numbers;
  const currencies = [...new Set(hours.flatMap(({ paid }) => Object.keys(paid)))].sort();
  const plots = [
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
    columns("Carts given up by hour", byHour(hours, "abandoned_carts")),
    bars("Carts", [
      ["ordered", orders],
      ["given up", abandoned_carts],
      ["ordered from one given up", recovered_orders],
    ]),
    bars("Orders with something in them that was recommended, in %", [
      ["to this user", percentOf(report.recommended?.hit_at_10)],
      ["to everybody", percentOf(report.recommended?.popular_hit_at_10)],
    ]),
    bars("Against the events", [
      ...countedBy(findings.map(({ kind }) => kind)),
      ["repaired", repairs.length],
    ]),
  ];
  const title = escaped(`The day ${day}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head><body>
<h1>${title}</h1>
${plots.join("\n")}
<pre>${escaped(reportText(report))}</pre>
</body></html>
`;
}

function percentOf(part = 0): number {
  return Math.round(part * 1_000) / 10;
}

type Point = readonly [name: string, value: number];

function byHour(hours: DayNumbers["hours"], name: "views" | "orders" | "abandoned_carts"): Point[] {
  return hours.map(hour => [hour.hour, hour[name]]);
}

function countedBy(names: readonly string[]): Point[] {
  const counts = Map.groupBy(names, name => name);
  return [...counts].map(([name, all]) => [name, all.length]);
}

const WIDTH = 720;
const NAMES = 200;
const ROW = 24;

/** One bar below the other, each with its name and value. */
function bars(title: string, points: readonly Point[]): string {
  const most = Math.max(1, ...points.map(([, value]) => value));
  const rows = points.map(([name, value], index) => {
    const width = (Math.max(0, value) / most) * (WIDTH - NAMES - 100);
    const y = index * ROW;
    return (
      `<text x="0" y="${y + 16}">${escaped(name)}</text>` +
      `<rect x="${NAMES}" y="${y + 4}" width="${width.toFixed(1)}" height="${ROW - 8}"/>` +
      `<text x="${(NAMES + width + 6).toFixed(1)}" y="${y + 16}">${value}</text>`
    );
  });
  return figure(title, points.length * ROW, rows);
}

const HEIGHT = 120;

/** One column beside the other; what is below zero has none. */
function columns(title: string, points: readonly Point[]): string {
  const most = Math.max(1, ...points.map(([, value]) => value));
  const step = WIDTH / points.length;
  const drawn = points.map(([name, value], index) => {
    const height = (Math.max(0, value) / most) * HEIGHT;
    const x = index * step;
    return (
      `<rect x="${(x + 2).toFixed(1)}" y="${(HEIGHT - height + 16).toFixed(1)}" width="${(step - 4).toFixed(1)}" ` +
      `height="${height.toFixed(1)}"><title>${escaped(name)}: ${value}</title></rect>` +
      `<text x="${(x + step / 2).toFixed(1)}" y="${HEIGHT + 32}" text-anchor="middle">${escaped(name)}</text>`
    );
  });
  return figure(`${title} (at most ${most})`, HEIGHT + 40, drawn);
}

function figure(title: string, height: number, drawn: readonly string[]): string {
  const name = escaped(title);
  return `<figure><figcaption>${name}</figcaption><svg role="img" aria-label="${name}" viewBox="0 0 ${WIDTH} ${height}">${drawn.join("")}</svg></figure>`;
}
