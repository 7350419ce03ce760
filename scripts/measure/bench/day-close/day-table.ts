import { shownMet } from "../../../../shared/day-close/recommend/check-recommended.ts";
import type { ClosedDay } from "./close-filled-day.ts";

/** One line of the table. */
export interface DayCloseRow {
  measure: string;
  value: string;
  bound: string;
  /** Undefined: nothing to hold it against. */
  ok: boolean | undefined;
}

const MIB = 1024 * 1024;
/** The smallest instances that functions are given by themselves. */
const MOST_MEMORY_BYTES = 256 * MIB;
/** Of the times of two days, the second ten times as large. */
export const MOST_RATIO = 12;

/** What the closing of a day took, and how it did. */
export function dayCloseRows({ events, report, ...took }: ClosedDay): DayCloseRow[] {
  const { seconds, fillSeconds, cpuSeconds, peakBytes, operations } = took;
  const each = (count: number): string => (count / events).toFixed(2);
  const { reads, writes, deletes } = operations;
  const of = events.toLocaleString("en");
  return [
    plain(`events in the archive of the day`, `${of} (filled in ${minutes(fillSeconds)} minutes)`),
    plain(`minutes to close it`, minutes(seconds)),
    plain(`processor time of the functions`, `${((cpuSeconds * 1000) / events).toFixed(2)} ms an event`),
    {
      measure: `peak memory of an instance`,
      value: `${Math.ceil(peakBytes / MIB)} MiB`,
      bound: `<= ${MOST_MEMORY_BYTES / MIB} MiB`,
      ok: peakBytes <= MOST_MEMORY_BYTES,
    },
    plain(`Firestore reads, writes, deletes an event`, [reads, writes, deletes].map(each).join(", ")),
    {
      measure: `differences found`,
      value: String(report.findings.length),
      bound: "none",
      ok: report.findings.length === 0,
    },
    ...metRows(report.met),
  ];
}

function metRows(met: ClosedDay["report"]["met"]): DayCloseRow[] {
  if (!met)
    return [{ measure: "hit@10 of what was recommended", value: "nothing was", bound: "", ok: false }];
  const { orders, hit_at_10, popular_hit_at_10, coverage, popular_coverage } = shownMet(met);
  return [
    {
      measure: `hit@10 of what was recommended, in ${orders.toLocaleString("en")} orders`,
      value: percent(hit_at_10),
      bound: `> ${percent(popular_hit_at_10)}, of the ten most popular`,
      ok: met.hits > met.popular_hits,
    },
    plain(
      `coverage of what was recommended`,
      `${percent(coverage)} (${percent(popular_coverage)} of the most popular)`,
    ),
  ];
}

export function ratioRow(small: ClosedDay, large: ClosedDay): DayCloseRow {
  const ratio = large.seconds / small.seconds;
  return {
    measure: `time of ${large.events.toLocaleString("en")} / ${small.events.toLocaleString("en")} events`,
    value: ratio.toFixed(1),
    bound: `<= ${MOST_RATIO}`,
    ok: ratio <= MOST_RATIO,
  };
}

export function renderRows(rows: readonly DayCloseRow[]): string {
  const texts = rows.map(({ ok, ...row }) => ({ ...row, ok: ok === undefined ? "" : ok ? "yes" : "NO" }));
  const columns = ["measure", "value", "bound", "ok"] as const;
  const widths = columns.map(name => Math.max(...texts.map(text => text[name].length)));
  const line = (text: (typeof texts)[number]): string =>
    columns.map((name, index) => text[name].padEnd(widths[index] ?? 0)).join("  ");
  return texts.map(text => line(text).trimEnd()).join("\n");
}

function plain(measure: string, value: string): DayCloseRow {
  return { measure, value, bound: "", ok: undefined };
}

function minutes(seconds: number): string {
  return (seconds / 60).toFixed(1);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
