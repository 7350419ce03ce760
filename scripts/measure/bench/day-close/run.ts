import * as v from "valibot";
import { optional, wholeNumber } from "../../../cli/flag-values.ts";
import { flag } from "../../../cli/flags.ts";
import { benchFlags } from "../bench-flags.ts";
import type { ClosedDay } from "./close-filled-day.ts";
import { closeFilledDay } from "./close-filled-day.ts";
import { dayCloseRows, MAX_RATIO, ratioRow, renderRows } from "./day-table.ts";

/** Events of the compared days. The larger day may take 12 times as long as the smaller one. */
const SIZES = [100_000, 1_000_000];
const SIZE_TEXT = SIZES.map(size => size.toLocaleString("en")).join(" and ");

const { events: size, seed } = benchFlags({
  command: "npm run bench:day-close",
  about: `Closes generated days on the local cloud and measures time, memory and operations.
The command fails when a bound is missed or a closing finds a difference. Recommended products must be ordered more
often than popular ones. A day of ten times the events may take ${MAX_RATIO} times as long.`,
  flags: {
    events: flag(optional(wholeNumber({ least: 0, most: 9_999_999 })), {
      value: "N",
      about: `events of one day, instead of ${SIZE_TEXT}`,
    }),
    seed: flag(v.optional(wholeNumber({ least: 0, most: 9_999_999 }), "1"), {
      value: "N",
      about: "number that selects another day of the same kind, default 1",
    }),
  },
});
const sizes = size === undefined ? SIZES : [size];
const closed: ClosedDay[] = [];
for (const events of sizes) {
  const onStage = (name: string): void =>
    void process.stderr.write(`${events.toLocaleString("en")}: ${name}\n`);
  const day = await closeFilledDay({ seed, events, onStage });
  closed.push(day);
  process.stdout.write(`\n${renderRows(dayCloseRows(day))}\n`);
}
const rows = closed.flatMap(dayCloseRows);
const [small, large] = closed;
if (small && large) {
  const ratio = ratioRow(small, large);
  rows.push(ratio);
  process.stdout.write(`\n${renderRows([ratio])}\n`);
}
process.exit(rows.some(({ ok }) => ok === false) ? 1 : 0);
