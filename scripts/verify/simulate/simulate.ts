import { textOf } from "./difference.ts";
import { FlagError, readFlags, USAGE } from "./flags.ts";
import { createProgress } from "./progress.ts";
import type { Simulation } from "./simulation.ts";
import { simulate } from "./simulation.ts";
import { IDLE_MS } from "./traffic.ts";
import { Unsettled } from "./wait-until-done.ts";

const BAD_FLAGS = 2;
const DIFFERENT = 1;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  try {
    const { rate, ...flags } = readFlags(args);
    await reach(flags.url);
    const stop = new AbortController();
    // Once: whoever presses it again wants to be gone.
    process.once("SIGINT", () => stop.abort());
    const progress = createProgress(process.stderr);
    const simulation = await simulate({
      ...flags,
      ...(rate === undefined ? {} : { rate }),
      // As npm start reads it: both are started from one environment.
      idleMs: Number(process.env["ABANDON_AFTER_SECONDS"] ?? 0) * 1_000 || IDLE_MS,
      signal: stop.signal,
      onStage: progress.stage,
      onStep: progress.step,
    });
    progress.end();
    process.stdout.write(reportOf(simulation, stop.signal.aborted));
    await simulation.close();
    return simulation.differences.length > 0 ? DIFFERENT : 0;
  } catch (error) {
    if (error instanceof FlagError) return fail(`${error.message}\n${USAGE}`, BAD_FLAGS);
    return fail(error instanceof Unsettled ? error.message : String(error), DIFFERENT);
  }
}

async function reach(url: string): Promise<void> {
  const answer = await fetch(`${url}/__local/status`).catch(() => undefined);
  if (answer?.ok) return;
  throw new FlagError(
    `There is no local PulseCart at ${url}. Start one with npm start, or name it with --url.`,
  );
}

function fail(sentence: string, code: number): number {
  process.stderr.write(`${sentence}\n`);
  return code;
}

function reportOf(
  { checked, differences, unknown, journal, struck, ...took }: Simulation,
  wasStopped: boolean,
): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  const perSecond = Math.round(journal.length / (took.trafficMs / 1000));
  const counts = Object.entries(checked).map(([name, count]) => `${count} ${name}`);
  const faults = Object.entries(struck).map(([name, count]) => `${name} ${count}`);
  const lines = [
    `${wasStopped ? "Stopped. " : ""}Sent ${journal.length} requests in ${seconds(took.trafficMs)} s (${perSecond} a second), settled in ${seconds(took.settleMs)} s.`,
    ...(faults.length > 0 ? [`Faults: ${faults.join(", ")}.`] : []),
    `Checked ${counts.join(", ")}: ${differences.length === 0 ? "the books are right." : `${differences.length} differences.`}`,
    ...unknown.map(effect => `? nobody knows whether it was done: ${effect}`),
    ...differences.map(difference => `✗ ${textOf(difference)}`),
  ];
  return `${lines.join("\n")}\n`;
}
