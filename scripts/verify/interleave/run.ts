import * as v from "valibot";
import { wholeNumber } from "../../cli/flag-values.ts";
import { flag } from "../../cli/flags.ts";
import { runCommand } from "../../cli/run-command.ts";
import { tellMany } from "./interleave.ts";

/** Max shopping trips of one run. */
const MAX_TIMES = 100_000_000;

const INTERLEAVE = {
  command: "npm run interleave",
  about:
    "Plays shopping trips in every order of their steps.\n" +
    "No trip may remind after a purchase, send a mail twice or forget a cart.",
  flags: {
    seed: flag(v.optional(wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER - MAX_TIMES }), "1"), {
      value: "N",
      about: "the seed of the first trip; default 1",
    }),
    times: flag(v.optional(wholeNumber({ least: 1, most: MAX_TIMES }), "100000"), {
      value: "N",
      about: "the number of trips; default 100000",
    }),
  },
};

await runCommand({ line: INTERLEAVE, run: interleave });

function interleave({ seed, times }: { seed: number; times: number }): number {
  let faulty = 0;
  const ends = tellMany({ seed, times }, told => {
    faulty += 1;
    process.stdout.write(`✗ seed ${told.seed}: ${told.faults.join("; ")}\n    ${told.steps.join(" ")}\n`);
  });
  const counts = Object.entries(ends).map(([end, count]) => `${count} ${end}`);
  process.stdout.write(
    `${times} shopping trips from seed ${seed}: ${faulty === 0 ? "all as they should be" : `${faulty} are not`}. Reminders: ${counts.join(", ")}.\n`,
  );
  return faulty === 0 ? 0 : 1;
}
