import { runCommand } from "../../cli/run-command.ts";
import { SECRETS } from "../../deploy/settings.ts";
import type { DayUnits } from "./count-day.ts";
import { countDay } from "./count-day.ts";
import { startCountedCloud } from "./counted-cloud.ts";
import type { CostFlags } from "./flags.ts";
import { COST } from "./flags.ts";
import type { FunctionSize } from "./function-uses.ts";
import { functionUses, sizeOf } from "./function-uses.ts";
import { limitUses } from "./limits.ts";
import { billOf, monthOf, REQUEST_LOG_BYTES } from "./month.ts";
import { pricesIn } from "./prices.ts";
import { showBill, showLimits, showSources } from "./show-cost.ts";
import { sumOf } from "./tally.ts";

/** Events of the counted day. Each type of event occurs a few times; more events change the second digit only. */
const COUNTED_EVENTS = 1_200;
/** Events per hour at which the limits are compared. */
const EVENTS_PER_HOUR = [1_000, 100_000, 10_000_000];
/** Limits that are printed for each rate. */
const PRINTED_LIMITS = 6;

await runCommand({ line: COST, run: cost });
process.exit();

async function cost({ eventsPerDay, region }: CostFlags): Promise<number> {
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
  const limits = EVENTS_PER_HOUR.map(rate => ({ rate, uses: limitsAt(rate, { units, sizes, region }) }));
  for (const { rate, uses: nearest } of limits) {
    const exceeded = nearest.filter(({ used, most }) => used > most).length;
    const finding =
      exceeded === 0 ? "no limit is exceeded; the nearest" : `${exceeded} limits are exceeded; the first`;
    say(`\n${rate.toLocaleString("en")} events an hour: ${finding}\n`);
    say(showLimits(nearest.slice(0, PRINTED_LIMITS)));
  }
  say(
    `\n${notes(meanMs(units), list.missing)}\n\nSources (stored copies of these pages, which may be older):`,
  );
  say(showSources(bill, limits[0]?.uses ?? []));
  return 0;
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

/** Returns the mean time to answer a request that an event causes, in milliseconds. */
function meanMs({ perEvent }: DayUnits): number {
  return sumOf(perEvent, "milliseconds answering") / sumOf(perEvent, "invocations");
}

function notes(answerMs: number, missing: readonly string[]): string {
  return [
    `Counted: messages, documents, requests, tasks and log lines of ${COUNTED_EVENTS.toLocaleString("en")} events on the local cloud, 50 a minute.`,
    `Measured: the time of each request on this machine (mean ${answerMs.toFixed(0)} ms), rounded up as Google bills it.`,
    "Measured: the processor time of functions and local cloud together; on Google Cloud fewer instances may suffice.",
    `Assumed: requests come evenly over the day; the log line of a request has ${REQUEST_LOG_BYTES} bytes.`,
    "Assumed: a message that a filter drops is billed as a push, with at least 1,000 bytes.",
    "Assumed: indexes take no bytes.",
    "Left out: mail, data that leaves the region, builds, images, alerts, and the console's requests.",
    ...missing.map(sentence => `Missing: ${sentence}`),
  ].join("\n");
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
