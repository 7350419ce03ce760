import * as v from "valibot";
import { wholeNumber } from "../../cli/flag-values.ts";
import { flag } from "../../cli/flags.ts";
import { runCommand } from "../../cli/run-command.ts";
import { runTrips } from "./run-trips.ts";

const MAX_TIMES = 100_000_000;
const MAX_SEED = Number.MAX_SAFE_INTEGER - MAX_TIMES;

const INTERLEAVE = {
  command: "npm run interleave",
  about: `Runs shopping trips in memory; the dice choose the order of all steps, crashes and redeliveries included.
No trip may remind after a purchase, deliver a reminder twice or forget a cart. Exit code 1: at least one fault.`,
  flags: {
    seed: flag(v.optional(wholeNumber({ least: 0, most: MAX_SEED }), "1"), {
      value: "N",
      about: "seed of the first trip; the next trips have the next seeds (default 1)",
    }),
    times: flag(v.optional(wholeNumber({ least: 1, most: MAX_TIMES }), "100000"), {
      value: "N",
      about: "number of trips (default 100000)",
    }),
  },
};

await runCommand({ line: INTERLEAVE, run: interleave });

function interleave({ seed, times }: { seed: number; times: number }): number {
  let faulty = 0;
  const reminders = runTrips({ seed, times }, result => {
    faulty += 1;
    console.log(`FAULT seed ${result.seed}: ${result.faults.join("; ")}\n    ${result.steps.join(" ")}`);
  });
  const counts = Object.entries(reminders).map(([state, count]) => `${count} ${state}`);
  console.log(
    `${times} shopping trips from seed ${seed}: ${faulty} with a fault. Reminders: ${counts.join(", ")}.`,
  );
  return faulty === 0 ? 0 : 1;
}
