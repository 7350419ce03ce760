import { expect, test } from "@jest/globals";
import { dayNumbers } from "../aggregate/day-numbers.ts";
import type { ReportView } from "./report-text.ts";
import { reportText } from "./report-text.ts";

const sums = new Map<string, Record<string, number>>([
  ["total", { orders: 1, abandoned_carts: 3, paid_minor_EUR: 1999 }],
  ["term a\u001b[2Jb", { searches: 2, enough_people: 1 }],
]);
const report: ReportView = {
  day: "2026-11-20",
  cut_off: "2026-11-21T00:20:00.000Z",
  numbers: dayNumbers(sums),
  headlines: [
    { name: "orders", value: 1, usual: 2.5 },
    { name: "conversion rate", value: null, usual: null },
  ],
  outlook: {
    backordered_products: 1,
    backorders: [{ product_id: "desk", units: 3 }],
    short: [{ product_id: "lamp", stock: 30, units_a_day: 3, days_of_cover: 10 }],
  },
  findings: [{ kind: "counter", about: "orders", expected: 1, found: 0, events: ["ingest evt_1"] }],
  coverage: {
    money: [{ currency: "USD", percent: 99.98 }],
    open: [{ pair: "placed and paid", since: "2026-11-19", orders: 2, currency: "USD", amount: 15.5 }],
  },
  repairs: [{ target: "stock/lamp", before: { quantity: 9 }, after: { quantity: 8 }, at: "" }],
  recommended: { orders: 2, hit_at_10: 0.5, popular_hit_at_10: 0, coverage: 0.25, popular_coverage: 1 },
  closings: [{ run: 1, at: "2026-11-21T00:21:00.000Z", numbers_hash: "h" }],
};

test.each([
  ["the cut-off", /^The day 2026-11-20\n {2}events archived before 2026-11-21T00:20:00.000Z; closings: 1\n/],
  ["a number beside its usual value", /^ {2}orders +1 \(usual on this weekday: 2.5\)$/m],
  ["missing units", /^ {2}desk +3 units owed to customers$/m],
  ["days of cover", /^ {2}lamp +30 in stock, 3 sold a day, 10 days of cover$/m],
  ["a dash when nothing can be compared", /^ {2}conversion rate +- \(usual on this weekday: -\)$/m],
  ["amounts with their currency", /^ {2}paid +19.99 EUR$/m],
  ["rates as percentages", /^ {2}abandonment rate +75 %$/m],
  ["empty sections", /^Mails\n {2}none$/m],
  ["search terms without control characters", /^ {2}a \[2Jb +2$/m],
  ["recommendation hits", /^ {2}with a recommended product +50 %$/m],
  ["findings with their events", /^ {2}counter: orders +expected 1; found 0; ingest evt_1$/m],
  ["the explained money", /^ {2}the day's money in USD +99.98 % explained$/m],
  ["open pairs", /^ {2}open: placed and paid +15.5 USD in 2 orders since 2026-11-19$/m],
  ["repairs", /^ {2}stock\/lamp +\{"quantity":9\} became \{"quantity":8\}$/m],
])("prints %s", (_what, expected) => {
  expect(reportText(report)).toMatch(expected);
});

test("prints no hits when no user had recommendations", () => {
  expect(reportText({ ...report, recommended: null })).toMatch(/^Recommendations before the day\n {2}none$/m);
});
