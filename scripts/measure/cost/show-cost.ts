import { table } from "../../cli/table.ts";
import type { LimitUse } from "./limits.ts";
import type { CostLine } from "./month.ts";

const GIB = 2 ** 30;
const SIZES: Readonly<Record<number, string>> = { [GIB]: "GiB", [2 ** 40]: "TiB" };

/** Columns of a table that hold text; the others hold numbers. */
const TEXT_COLUMNS = 2;

/** Renders the bill of a month. */
export function showBill(lines: readonly CostLine[]): string {
  const rows = lines.map(({ service, what, unit, perEvent, perMonth, price, usd }) => {
    const amount = (count: number): string => (unit === "bytes" ? `${short(count / GIB)} GiB` : short(count));
    return [
      ...[service, unit === "" ? what : `${what}, ${unit}`, perEvent === undefined ? "" : short(perEvent)],
      ...[amount(perMonth), amount(price.free), `$${price.usd} / ${SIZES[price.per] ?? short(price.per)}`],
      usd.toFixed(2),
    ];
  });
  const total = lines.reduce((sum, { usd }) => sum + usd, 0);
  const heads = ["service", "what", "per event", "per month", "free", "price", "USD a month"];
  return table(heads, [...rows, ["total", "", "", "", "", "", total.toFixed(2)]], TEXT_COLUMNS);
}

/** Renders the limits. */
export function showLimits(uses: readonly LimitUse[]): string {
  const rows = uses.map(({ limit, of = "", used, most }) => [
    ...[limit, of.length > 44 ? `${of.slice(0, 43)}…` : of],
    ...[short(used), short(most), `${short((100 * used) / most)} %`],
  ]);
  return table(["limit", "of", "used", "max", ""], rows, TEXT_COLUMNS);
}

/** Renders every source once. */
export function showSources(lines: readonly CostLine[], uses: readonly LimitUse[]): string {
  const prices = lines.map(({ service, price }) => `${service}: ${price.source}, read ${price.read}`);
  const limits = uses.map(({ limit, source }) => `${limit.split(":")[0]}, limits: ${source}`);
  return [...new Set([...prices, ...limits])].map(line => `  ${line}`).join("\n");
}

const PREFIXES = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e4, "k"],
] as const;

/** Returns a number with three significant digits. */
function short(value: number): string {
  const [size, prefix] = PREFIXES.find(([least]) => value >= least) ?? [1, ""];
  const divided = value / (prefix === "k" ? 1_000 : size);
  return `${Number(divided.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 6 })}${prefix}`;
}
