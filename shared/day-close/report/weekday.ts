import { readDocuments } from "../../google/firestore.ts";
import { DAY_MS } from "../../values/durations.ts";
import type { DayNumbers } from "../aggregate/day-numbers.ts";
import { dayReports } from "../closing/day-closing.ts";
import type { Headline } from "../closing/day-report-types.ts";

/** Weeks that the median covers. Eight weeks show a trend and still leave out the season before. */
const WEEKS = 8;

/** Compares the numbers of a day with the same weekday of the weeks before. */
export async function compareWeekdays(day: string, numbers: DayNumbers): Promise<Headline[]> {
  const days = Array.from({ length: WEEKS }, (_, week) => dayBefore(day, 7 * (week + 1)));
  const reports = await readDocuments(dayReports, days);
  const before = reports.flatMap(report => (report ? [headlineValues(JSON.parse(report.numbers))] : []));
  return [...headlineValues(numbers)].map(([name, value]) => ({
    name,
    value,
    usual: median(before.flatMap(values => values.get(name) ?? [])),
  }));
}

function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
}

function headlineValues(numbers: DayNumbers): Map<string, number | null> {
  const byCurrency = (name: string, amounts: Readonly<Record<string, number>>) =>
    Object.entries(amounts).map(([currency, amount]) => [`${name} (${currency})`, amount] as const);
  return new Map<string, number | null>([
    ["orders", numbers.orders],
    ...byCurrency("average order", numbers.average_order),
    ["conversion rate", numbers.conversion_rate],
    ["payment failures", numbers.failed_payments],
    ["payment failure rate", numbers.payment_failure_rate],
    ["refunds", numbers.refunds],
    ...byCurrency("refunded", numbers.refunded),
    ["searches without a result", numbers.searches_without_result],
  ]);
}

/** Returns the middle value, or the mean of the two middle values; null for an empty list. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
