import * as v from "valibot";
import { region, wholeNumber } from "../../cli/flag-values.ts";
import type { FlagValues } from "../../cli/flags.ts";
import { flag } from "../../cli/flags.ts";

/** Max events of a day. 10 million an hour, the largest rate of the limits, is 240 million a day. */
const MAX_EVENTS_PER_DAY = 10_000_000_000;

/** The command line of `npm run cost`. */
export const COST = {
  command: "npm run cost",
  about:
    "Prints what PulseCart costs on Google Cloud in a month, and which limits of Google it reaches first.\n" +
    "Plays a generated day on the local cloud and counts the units that Google bills.",
  flags: {
    "events-per-day": flag(wholeNumber({ least: 1, most: MAX_EVENTS_PER_DAY }), {
      value: "N",
      about: "the events of one day, such as 100000",
    }),
    region: flag(v.optional(region(), "us-central1"), {
      value: "R",
      about: "the region of the deployment; default us-central1",
    }),
  },
  notes: "The prices are in scripts/measure/cost/prices.ts, each with its source and date.",
};

/** The flags of `npm run cost`. */
export type CostFlags = FlagValues<typeof COST.flags>;
