import type { FlagValues } from "../../cli/flags.ts";
import { interruptSignal, runCommand } from "../../cli/run-command.ts";
import { CommandFailure, UsageError } from "../../cli/usage.ts";
import { differenceText } from "./difference.ts";
import { SIMULATE } from "./flags.ts";
import { createProgress } from "./progress.ts";
import type { Simulation } from "./simulation.ts";
import { simulate } from "./simulation.ts";
import { IDLE_MS } from "./traffic.ts";
import { WorkLeft } from "./wait-until-done.ts";

await runCommand({ line: SIMULATE, run: main });
process.exit();

async function main(flags: FlagValues<typeof SIMULATE.flags>): Promise<number> {
  try {
    await checkReachable(flags.url);
    const signal = interruptSignal();
    const progress = createProgress(process.stderr);
    const simulation = await simulate({
      ...flags,
      // npm start reads the same variable, and both commands share one environment.
      idleMs: Number(process.env["ABANDON_AFTER_SECONDS"] ?? 0) * 1_000 || IDLE_MS,
      signal,
      onStage: progress.stage,
      onStep: progress.step,
    });
    progress.end();
    process.stdout.write(reportOf(simulation, signal.aborted));
    await simulation.close();
    return simulation.differences.length > 0 ? 1 : 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new CommandFailure(error instanceof WorkLeft ? error.message : String(error));
  }
}

async function checkReachable(url: string): Promise<void> {
  const answer = await fetch(`${url}/__local/status`).catch(() => undefined);
  if (answer?.ok) return;
  throw new UsageError(
    `No local PulseCart answers at ${url}: start one with npm start, or pass its address as --url.`,
  );
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
    `${wasStopped ? "Stopped. " : ""}Sent ${journal.length} requests in ${seconds(took.trafficMs)} s (${perSecond} per second), finished all work in ${seconds(took.finishMs)} s.`,
    ...(faults.length > 0 ? [`Faults: ${faults.join(", ")}.`] : []),
    `Checked ${counts.join(", ")}: ${differences.length === 0 ? "every total is as expected." : `${differences.length} differences.`}`,
    ...unknown.map(effect => `? result unknown: ${effect}`),
    ...differences.map(difference => `✗ ${differenceText(difference)}`),
  ];
  return `${lines.join("\n")}\n`;
}
