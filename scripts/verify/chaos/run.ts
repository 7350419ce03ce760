import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { FlagValues } from "../../cli/flags.ts";
import { interruptSignal, runCommand } from "../../cli/run-command.ts";
import { CommandFailure, UsageError } from "../../cli/usage.ts";
import { findGoogleEmulators } from "../../google/emulators.ts";
import { differenceText } from "../simulate/difference.ts";
import { createProgress } from "../simulate/progress.ts";
import { WorkLeft } from "../simulate/wait-until-done.ts";
import type { ChaosResult } from "./chaos.ts";
import { runChaos } from "./chaos.ts";
import { CHAOS } from "./flags.ts";
import { planText } from "./plan.ts";
import { makeRunFolder } from "./shop.ts";

await runCommand({ line: CHAOS, run: main });
process.exit();

async function main({ minutes, seed, google: isGoogle }: FlagValues<typeof CHAOS.flags>): Promise<number> {
  let run: ReturnType<typeof makeRunFolder> | undefined;
  try {
    const google = isGoogle ? findGoogleEmulators() : {};
    if ("missing" in google) throw new UsageError(`--google: ${google.missing}`);
    run = makeRunFolder();
    const signal = interruptSignal();
    const progress = createProgress(process.stderr);
    const result = await runChaos({
      seed,
      forMs: minutes * MINUTE_MS,
      isGoogle,
      folder: run.folder,
      signal,
      onPlan: acts => process.stdout.write(`Plan of seed ${seed}, in seconds:\n${planText(acts)}`),
      onStage: progress.stage,
      onStep: progress.step,
    });
    progress.end();
    process.stdout.write(`${signal.aborted ? "Stopped. " : ""}${reportOf(result)}`);
    if (faultsOf(result).length > 0) throw new CommandFailure(keptIn(run.folder));
    run.remove();
    return 0;
  } catch (error) {
    if (error instanceof UsageError || error instanceof CommandFailure) throw error;
    const reason = reasonOf(error);
    throw new CommandFailure(run ? `${reason}\n${keptIn(run.folder)}` : reason);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof WorkLeft) return error.cause.message;
  return error.cause === undefined ? String(error.stack) : `${error.message}\n${reasonOf(error.cause)}`;
}

function keptIn(folder: string): string {
  return `Logs and data are in ${folder}.`;
}

function faultsOf({ differences, leaks, ended }: ChaosResult): string[] {
  return [
    ...differences.map(differenceText),
    ...leaks.map(({ where, of }) => `${where} contains the personal ${of}`),
    ...ended,
  ];
}

function reportOf(result: ChaosResult): string {
  const counts = Object.entries(result.checked).map(([name, count]) => `${count} ${name}`);
  const struck = Object.entries(result.struck).map(([name, count]) => `${name} ${count}`);
  const faults = faultsOf(result);
  const lines = [
    `Sent ${result.sent} requests, killed ${result.killed.functions} functions, and the local cloud ${result.killed.cloud} times. Faults: ${struck.join(", ") || "none"}.`,
    `Checked ${counts.join(", ")}, and all output: ${faults.length === 0 ? "every total is as expected." : `${faults.length} faults.`}`,
    ...faults.map(fault => `✗ ${fault}`),
  ];
  return `${lines.join("\n")}\n`;
}
