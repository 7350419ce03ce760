import { parseArgs } from "node:util";
import * as v from "valibot";
import type { FaultRules } from "../../local-cloud/faults/faults.ts";
import { faultRules } from "../../local-cloud/faults/faults.ts";
import { FAULT_PRESETS } from "./fault-presets.ts";

export interface Flags {
  /** Without a slash at its end. */
  url: string;
  seed: number;
  events: number;
  rate: number | undefined;
  faults: FaultRules;
}

export const USAGE =
  "Usage: npm run simulate [-- --url http://localhost:8000 --seed 1 --events 2000 --rate 200 --faults none|light|heavy|JSON]";

const MAX_EVENTS = 1_000_000;

/** What is wrong with a flag, in a sentence. */
export class FlagError extends Error {
  override name = "FlagError";
}

/** @throws FlagError for a flag there is not, or a value it cannot take */
export function readFlags(args: readonly string[]): Flags {
  const text = { type: "string" } as const;
  const options = { url: text, seed: text, events: text, rate: text, faults: text };
  let values: Partial<Record<keyof typeof options, string>>;
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    throw new FlagError(error instanceof Error ? error.message : String(error));
  }
  const { url = "http://localhost:8000", seed = "1", events = "2000", rate, faults = "none" } = values;
  return {
    url: urlIn(url),
    seed: wholeIn("--seed", seed, { least: 0, most: Number.MAX_SAFE_INTEGER }),
    events: wholeIn("--events", events, { least: 1, most: MAX_EVENTS }),
    rate: rate === undefined ? undefined : wholeIn("--rate", rate, { least: 1, most: 100_000 }),
    faults: faultsIn(faults),
  };
}

function urlIn(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw new FlagError(
    `--url takes the address that npm start prints, such as http://localhost:8000; not ${text}.`,
  );
}

/** @throws FlagError for anything but a whole number within these bounds */
export function wholeIn(
  flag: string,
  text: string,
  { least, most }: { least: number; most: number },
): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new FlagError(`${flag} takes a whole number from ${least} to ${most}; not ${text}.`);
}

function faultsIn(text: string): FaultRules {
  const preset = FAULT_PRESETS[text];
  if (preset) return preset;
  const names = Object.keys(FAULT_PRESETS).join(", ");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FlagError(`--faults takes ${names} or the JSON of POST /__local/faults; not ${text}.`);
  }
  const rules = v.safeParse(faultRules, json);
  if (rules.success) return rules.output;
  throw new FlagError(`--faults is not as POST /__local/faults takes it: ${v.summarize(rules.issues)}`);
}
