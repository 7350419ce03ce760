import { parseArgs } from "node:util";
import { UsageError } from "../../cli/usage.ts";

export const COST_HELP = `npm run cost -- --events-per-day N [--region R]

Says what PulseCart costs on Google Cloud with so many events a day, and which limits it meets first. It has a generated
day happen on the local cloud and counts what Google bills; the prices are in scripts/measure/cost/prices.ts, with their dates.
  --events-per-day  a whole number
  --region          where it would be deployed; without it us-central1`;

export interface CostFlags {
  eventsPerDay: number;
  region: string;
}

const MOST = 10_000_000_000;
const REGION = /^[a-z]+-[a-z]+\d{1,2}$/;

/**
 * Undefined when help was asked for.
 * @throws UsageError for a flag there is not, or a value it cannot take
 */
export function readCostFlags(args: readonly string[]): CostFlags | undefined {
  const text = { type: "string" } as const;
  const options = { "events-per-day": text, region: text, help: { type: "boolean" } } as const;
  const values = parsed(() => parseArgs({ args: [...args], options }).values);
  if (values.help) return undefined;
  const { "events-per-day": count = "", region = "us-central1" } = values;
  const eventsPerDay = Number(count);
  if (!/^\d+$/.test(count) || eventsPerDay < 1 || eventsPerDay > MOST)
    throw new UsageError(`--events-per-day takes a whole number from 1 to ${MOST}, such as 100000.`);
  if (!REGION.test(region)) throw new UsageError("--region takes a region such as europe-west1.");
  return { eventsPerDay, region };
}

function parsed<Values>(parse: () => Values): Values {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
