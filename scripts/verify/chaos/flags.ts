import * as v from "valibot";
import { wholeNumber } from "../../cli/flag-values.ts";
import type { FlagValues } from "../../cli/flags.ts";
import { flag, flagSwitch, flagValues } from "../../cli/flags.ts";

/** Max length of a run: one day. */
const MAX_MINUTES = 24 * 60;

/** The command line of `npm run chaos`. */
export const CHAOS = {
  command: "npm run chaos",
  about:
    "Runs a shop's day with every function and the local cloud in processes of their own.\n" +
    "Kills and restarts the processes, injects faults, moves the clock, and compares every result with the expected one.",
  flags: {
    minutes: flag(v.optional(wholeNumber({ least: 1, most: MAX_MINUTES }), "3"), {
      value: "N",
      about: "the length of the run; default 3",
    }),
    seed: flag(v.optional(wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER }), "1"), {
      value: "N",
      about: "the seed of the plan; default 1",
    }),
    google: flagSwitch("uses Google's own emulators, which are not restarted"),
  },
};

/**
 * Reads the flags of `npm run chaos`.
 * @throws UsageError for an unknown flag or an unusable value
 */
export function readFlags(args: readonly string[]): FlagValues<typeof CHAOS.flags> {
  return flagValues(CHAOS, args);
}
