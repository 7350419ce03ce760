import { day } from "../cli/flag-values.ts";
import { flag, flagSwitch, flagValues } from "../cli/flags.ts";
import type { TargetFlags } from "./target-flags.ts";
import { targetFlags } from "./target-flags.ts";

/** The command line of `npm run close-day`. */
export const CLOSE_DAY = {
  command: "npm run close-day",
  about:
    "Closes a past day, or closes it again, and prints its report.\n" +
    "A closing that is under way is resumed. A closed day gets the same numbers again.",
  flags: {
    day: flag(day(), { value: "DAY", about: "the day in UTC, such as 2026-11-20" }),
    json: flagSwitch("prints JSON"),
    ...targetFlags,
  },
};

/** The options of `npm run close-day`. */
export interface CloseDayFlags {
  day: string;
  json: boolean;
  target: TargetFlags;
}

/** @throws UsageError for an unknown flag or an unusable value */
export function closeDayFlags(args: readonly string[]): CloseDayFlags {
  const { day, json, words: _words, ...target } = flagValues(CLOSE_DAY, args);
  return { day, json, target };
}
