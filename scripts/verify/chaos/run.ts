import { MINUTE_MS } from "../../../shared/values/durations.ts";
import { findGoogleEmulators } from "../../google/emulators.ts";
import { textOf } from "../simulate/difference.ts";
import { FlagError } from "../simulate/flags.ts";
import { createProgress } from "../simulate/progress.ts";
import { Unsettled } from "../simulate/wait-until-done.ts";
import type { ChaosResult } from "./chaos.ts";
import { runChaos } from "./chaos.ts";
import { readFlags, USAGE } from "./flags.ts";
import { textOfPlan } from "./plan.ts";
import { makeRunFolder } from "./shop.ts";

const BAD_FLAGS = 2;
const WRONG = 1;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  let run: ReturnType<typeof makeRunFolder> | undefined;
  try {
    const { minutes, seed, isGoogle } = readFlags(args);
    const google = isGoogle ? findGoogleEmulators() : {};
    if ("missing" in google) throw new FlagError(`--google: ${google.missing}`);
    run = makeRunFolder();
    const stop = new AbortController();
    // Once: whoever presses it again wants to be gone.
    process.once("SIGINT", () => stop.abort());
    const progress = createProgress(process.stderr);
    const result = await runChaos({
      seed,
      forMs: minutes * MINUTE_MS,
      isGoogle,
      folder: run.folder,
      signal: stop.signal,
      onPlan: acts => process.stdout.write(`Chaos of seed ${seed}, by the second:\n${textOfPlan(acts)}`),
      onStage: progress.stage,
      onStep: progress.step,
    });
    progress.end();
    process.stdout.write(`${stop.signal.aborted ? "Stopped. " : ""}${reportOf(result)}`);
    if (faultsOf(result).length > 0) return fail(keptIn(run.folder), WRONG);
    run.remove();
    return 0;
  } catch (error) {
    if (error instanceof FlagError) return fail(`${error.message}\n${USAGE}`, BAD_FLAGS);
    const what = reasonOf(error);
    return fail(run ? `${what}\n${keptIn(run.folder)}` : what, WRONG);
  }
}

function fail(sentence: string, code: number): number {
  process.stderr.write(`${sentence}\n`);
  return code;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Unsettled) return error.cause.message;
  return error.cause === undefined ? String(error.stack) : `${error.message}\n${reasonOf(error.cause)}`;
}

function keptIn(folder: string): string {
  return `Its logs and data are kept in ${folder}.`;
}

function faultsOf({ differences, leaks, ended }: ChaosResult): string[] {
  return [
    ...differences.map(textOf),
    ...leaks.map(({ where, of }) => `${where} tells the personal ${of}`),
    ...ended,
  ];
}

function reportOf(result: ChaosResult): string {
  const counts = Object.entries(result.checked).map(([name, count]) => `${count} ${name}`);
  const struck = Object.entries(result.struck).map(([name, count]) => `${name} ${count}`);
  const faults = faultsOf(result);
  const lines = [
    `Sent ${result.sent} requests, killed ${result.killed.functions} functions and ${result.killed.cloud} times the local cloud. Faults: ${struck.join(", ") || "none"}.`,
    `Checked ${counts.join(", ")}, and all output: ${faults.length === 0 ? "everything is right." : `${faults.length} faults.`}`,
    ...faults.map(fault => `✗ ${fault}`),
  ];
  return `${lines.join("\n")}\n`;
}
