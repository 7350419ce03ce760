import { parseArgs } from "node:util";
import { wholeNumber } from "../../../cli/whole-number.ts";
import type { ClosedDay } from "./close-filled-day.ts";
import { closeFilledDay } from "./close-filled-day.ts";
import { dayCloseRows, MOST_RATIO, ratioRow, renderRows } from "./day-table.ts";

/** The sizes that are compared: ten times the day may take at most twelve times as long. */
const SIZES = [100_000, 1_000_000];

const USAGE = `Closes generated days on the local cloud, and says what that took.

npm run bench:night [-- --events N] [--seed N]

  --events  one size, instead of ${SIZES.map(size => size.toLocaleString("en")).join(" and ")}
  --seed    another day of the same kind
It fails when a bound is missed, when something is found that is not as it should be, or when what was recommended
the evening before is ordered no more often than what is popular. Ten times the day: at most ${MOST_RATIO} times as long.`;

const { sizes, seed } = readArgs();
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

function readArgs(): { sizes: number[]; seed: number } {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({ options: { events: text, seed: text } });
    return {
      sizes: values.events === undefined ? SIZES : [wholeNumber(values.events)],
      seed: wholeNumber(values.seed ?? "1"),
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}\n`);
    process.exit(2);
  }
}
