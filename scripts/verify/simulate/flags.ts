import * as v from "valibot";
import { optional, serverUrl, wholeNumber } from "../../cli/flag-values.ts";
import type { FlagValues } from "../../cli/flags.ts";
import { flag, flagValues } from "../../cli/flags.ts";
import { faultRules } from "../../local-cloud/faults/faults.ts";
import { FAULT_PRESETS } from "./fault-presets.ts";

/** Max value of `--events`. */
const MAX_EVENTS = 1_000_000;
/** Max requests per second. */
const MAX_RATE = 100_000;

const presets = Object.keys(FAULT_PRESETS);

/** Reads the name of a preset, or faults in the JSON form of POST /__local/faults. */
const faults = v.pipe(
  v.string(),
  v.rawTransform(({ dataset: { value: given }, addIssue, NEVER }) => {
    const preset = FAULT_PRESETS[given];
    if (preset) return preset;
    const rules = v.safeParse(faultRules, parsedJson(given));
    if (rules.success) return rules.output;
    const cause = parsedJson(given) === undefined ? "" : ` (${v.summarize(rules.issues)})`;
    addIssue({ message: `${presets.join(", ")} or the JSON of POST /__local/faults${cause}` });
    return NEVER;
  }),
);

/** The command line of `npm run simulate`. */
export const SIMULATE = {
  command: "npm run simulate",
  about:
    "Sends a shop's day to a running npm start, with faults, and compares every result with the expected one.\n" +
    "The same seed sends the same requests.",
  flags: {
    url: flag(v.optional(serverUrl(), "http://localhost:8000"), {
      value: "URL",
      about: "the address that npm start prints; default http://localhost:8000",
    }),
    seed: flag(v.optional(wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER }), "1"), {
      value: "N",
      about: "the seed of requests and faults; default 1",
    }),
    events: flag(v.optional(wholeNumber({ least: 1, most: MAX_EVENTS }), "2000"), {
      value: "N",
      about: "the approximate number of requests; default 2000",
    }),
    rate: flag(optional(wholeNumber({ least: 1, most: MAX_RATE })), {
      value: "N",
      about: "requests per second; default as fast as possible",
    }),
    faults: flag(v.optional(faults, "none"), {
      value: "FAULTS",
      about: `${presets.join(", ")} or the JSON of POST /__local/faults; default none`,
    }),
  },
};

/**
 * Reads the flags of `npm run simulate`.
 * @throws UsageError for an unknown flag or an unusable value
 */
export function readFlags(args: readonly string[]): FlagValues<typeof SIMULATE.flags> {
  return flagValues(SIMULATE, args);
}

function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
