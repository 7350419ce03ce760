import { hitsView } from "../../../../shared/day-close/recommend/check-recommended.ts";
import type { ClosedDay } from "./close-filled-day.ts";

/** One line of the printed table. */
export interface DayCloseRow {
  measure: string;
  value: string;
  bound: string;
  /** Undefined when the measurement has no bound. */
  ok: boolean | undefined;
}

const MIB = 1024 * 1024;
/** Memory of an instance by default, the smallest size of a function. */
const MAX_MEMORY_BYTES = 256 * MIB;
/** Upper bound of the ratio of two closing times, when the second day is ten times as large. */
export const MAX_RATIO = 12;

/** Builds the lines about the closing of one day. */
export function dayCloseRows({ events, report, ...cost }: ClosedDay): DayCloseRow[] {
  const { seconds, fillSeconds, cpuSeconds, peakBytes, operations } = cost;
  const perEvent = (total: number): string => (total / events).toFixed(2);
  const { reads, writes, deletes } = operations;
  const count = events.toLocaleString("en");
  return [
    plain(`events in the archive of the day`, `${count} (filled in ${minutes(fillSeconds)} minutes)`),
    plain(`minutes to close the day`, minutes(seconds)),
    plain(`processor time of the functions`, `${((cpuSeconds * 1000) / events).toFixed(2)} ms per event`),
    {
      measure: `peak memory of an instance`,
      value: `${Math.ceil(peakBytes / MIB)} MiB`,
      bound: `<= ${MAX_MEMORY_BYTES / MIB} MiB`,
      ok: peakBytes <= MAX_MEMORY_BYTES,
    },
    plain(`Firestore reads, writes, deletes per event`, [reads, writes, deletes].map(perEvent).join(", ")),
    {
      measure: `differences found`,
      value: String(report.findings.length),
      bound: "none",
      ok: report.findings.length === 0,
    },
    ...hitRows(report.hits),
  ];
}

function hitRows(hits: ClosedDay["report"]["hits"]): DayCloseRow[] {
  if (!hits)
    return [{ measure: "recommendations: hit@10", value: "no recommendations", bound: "", ok: false }];
  const { orders, hit_at_10, popular_hit_at_10, coverage, popular_coverage } = hitsView(hits);
  return [
    {
      measure: `recommendations: hit@10 in ${orders.toLocaleString("en")} orders`,
      value: percent(hit_at_10),
      bound: `> ${percent(popular_hit_at_10)}, hit@10 of popular products`,
      ok: hits.hits > hits.popular_hits,
    },
    plain(
      `recommendations: coverage`,
      `${percent(coverage)} (popular products: ${percent(popular_coverage)})`,
    ),
  ];
}

export function ratioRow(small: ClosedDay, large: ClosedDay): DayCloseRow {
  const ratio = large.seconds / small.seconds;
  return {
    measure: `time of ${large.events.toLocaleString("en")} / ${small.events.toLocaleString("en")} events`,
    value: ratio.toFixed(1),
    bound: `<= ${MAX_RATIO}`,
    ok: ratio <= MAX_RATIO,
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
