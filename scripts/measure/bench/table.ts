import type { Compared } from "./measure.ts";
import { median } from "./measure.ts";

/** One line of the printed table. */
export interface ComparisonRow {
  measure: string;
  embedded: string;
  google: string;
  ratio: string;
  bound: string;
  /** Undefined when the measurement has no bound or no counterpart. */
  ok: boolean | undefined;
}

export function rowOf({ name, least, ours, googles }: Compared): ComparisonRow {
  const ratio = median(ours) / median(googles);
  const isCompared = googles.length > 0;
  return {
    measure: name,
    embedded: spread(ours),
    google: isCompared ? spread(googles) : "not installed",
    ratio: isCompared ? ratio.toFixed(ratio < 10 ? 2 : 0) : "",
    bound: `>= ${least} x`,
    ok: isCompared ? ratio >= least : undefined,
  };
}

export function renderTable(rows: readonly ComparisonRow[]): string {
  const texts = rows.map(({ ok, ...row }) => ({ ...row, ok: ok === undefined ? "-" : ok ? "yes" : "NO" }));
  const columns = ["measure", "embedded", "google", "ratio", "bound", "ok"] as const;
  const title = {
    measure: "measure",
    embedded: "embedded",
    google: "Google's",
    ratio: "ratio",
    bound: "bound",
    ok: "ok",
  };
  const lines = [title, ...texts];
  const widths = columns.map(name => Math.max(...lines.map(line => line[name].length)));
  const pad = (text: string, index: number) => text.padEnd(widths[index] ?? 0);
  return lines
    .map(line =>
      columns
        .map((name, index) => pad(line[name], index))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Formats the median with the lowest and the highest round. */
function spread(numbers: readonly number[]): string {
  const [low, middle, high] = [Math.min(...numbers), median(numbers), Math.max(...numbers)].map(rounded);
  return `${middle} (${low}-${high})`;
}

function rounded(number: number): string {
  return number.toLocaleString("en", { maximumFractionDigits: number < 100 ? 1 : 0 });
}
