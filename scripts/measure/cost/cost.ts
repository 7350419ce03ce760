import { UsageError } from "../../cli/usage.ts";
import { SECRETS } from "../../deploy/settings.ts";
import type { DayUnits } from "./count-day.ts";
import { countDay } from "./count-day.ts";
import { startCountedCloud } from "./counted-cloud.ts";
import type { CostFlags } from "./flags.ts";
import { COST_HELP, readCostFlags } from "./flags.ts";
import type { FunctionSize } from "./function-uses.ts";
import { functionUses, sizeOf } from "./function-uses.ts";
import { limitUses } from "./limits.ts";
import { billOf, monthOf, REQUEST_LOG_BYTES } from "./month.ts";
import { pricesIn } from "./prices.ts";
import { showBill, showLimits, showSources } from "./show-cost.ts";
import { sumOf } from "./tally.ts";

/** Enough for every kind of event to come a few times; more of them change the second digit. */
const COUNTED_EVENTS = 1_200;
/** Of an hour. */
const RATES = [1_000, 100_000, 10_000_000];
const NEAREST_LIMITS = 6;

try {
  const flags = readCostFlags(process.argv.slice(2));
  if (flags) await cost(flags);
  else say(COST_HELP);
  process.exit(0);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}

async function cost({ eventsPerDay, region }: CostFlags): Promise<void> {
  const cloud = await startCountedCloud();
  const declarations = cloud.functions.map(({ declaration }) => declaration);
  const sizes = declarations.map(sizeOf);
  const onStage = (name: string): void => void process.stderr.write(`counting: ${name}\n`);
  const units = await countDay(cloud, { events: COUNTED_EVENTS, onStage });
  await cloud.close();
  const jobs = declarations.filter(({ kind }) => kind === "schedule").length;
  const uses = functionUses(units, sizes, eventsPerDay);
  const list = pricesIn(region);
  const used = monthOf({ units, eventsPerDay, uses, jobs, secrets: Object.keys(SECRETS).length });
  const bill = billOf(used, list);
  say(`${eventsPerDay.toLocaleString("en")} events a day in ${region}, a month of 30 days\n`);
  say(showBill(bill));
  const limits = RATES.map(rate => ({ rate, uses: limitsAt(rate, { units, sizes, region }) }));
  for (const { rate, uses: near } of limits) {
    const first = near.filter(({ used, most }) => used > most).length;
    const met = first === 0 ? "no limit is met; the nearest" : `${first} limits are met; first`;
    say(`\n${rate.toLocaleString("en")} events an hour: ${met}\n`);
    say(showLimits(near.slice(0, NEAREST_LIMITS)));
  }
  say(
    `\n${notes(meanMs(units), list.missing)}\n\nSources (stored copies of these pages, which may be older):`,
  );
  say(showSources(bill, limits[0]?.uses ?? []));
}

function limitsAt(rate: number, { units, sizes, region }: Counted): ReturnType<typeof limitUses> {
  const uses = functionUses(units, sizes, rate * 24);
  return limitUses({ units, uses, eventsPerSecond: rate / 3600, region });
}

interface Counted {
  units: DayUnits;
  sizes: readonly FunctionSize[];
  region: string;
}

/** Of a request that an event causes. */
function meanMs({ perEvent }: DayUnits): number {
  return sumOf(perEvent, "milliseconds answering") / sumOf(perEvent, "invocations");
}

function notes(answerMs: number, missing: readonly string[]): string {
  return [
    `Counted: messages, documents, requests, tasks and lines of ${COUNTED_EVENTS.toLocaleString("en")} events on the local cloud, fifty a minute.`,
    `Measured: how long each request took there, on this machine (${answerMs.toFixed(0)} ms in the mean), rounded up as it is billed. The`,
    "processor's time is that of functions and local cloud together, so that fewer instances may do.",
    `Assumed: that requests come evenly over the day; that a line of a request has ${REQUEST_LOG_BYTES} bytes; that what a filter`,
    "drops is billed with at least the 1,000 bytes of a push; stored bytes without their indexes.",
    "Left out: mail, data that leaves the region, builds, images, alerts, and what a person asks of the console.",
    ...missing.map(sentence => `Missing: ${sentence}`),
  ].join("\n");
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
