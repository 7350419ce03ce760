import { parseArgs } from "node:util";
import { wholeIn } from "../simulate/flags.ts";
import { tellMany } from "./interleave.ts";

const USAGE = `Shopping trips in every order of what can happen: none may remind after a purchase, send twice or forget a cart.

npm run interleave [-- --seed 1 --times 100000]`;

const MOST_TIMES = 100_000_000;

let faulty = 0;
const { seed, times } = readArgs();
const ends = tellMany({ seed, times }, told => {
  faulty += 1;
  process.stdout.write(`✗ seed ${told.seed}: ${told.faults.join("; ")}\n    ${told.steps.join(" ")}\n`);
});
const counts = Object.entries(ends).map(([end, count]) => `${count} ${end}`);
process.stdout.write(
  `${times} shopping trips from seed ${seed}: ${faulty === 0 ? "all as they should be" : `${faulty} are not`}. Reminders: ${counts.join(", ")}.\n`,
);
process.exitCode = faulty === 0 ? 0 : 1;

function readArgs(): { seed: number; times: number } {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({ options: { seed: text, times: text } });
    return {
      seed: wholeIn("--seed", values.seed ?? "1", { least: 0, most: Number.MAX_SAFE_INTEGER - MOST_TIMES }),
      times: wholeIn("--times", values.times ?? "100000", { least: 1, most: MOST_TIMES }),
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}\n`);
    process.exit(2);
  }
}
