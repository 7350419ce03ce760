import type { CommandLine, Flag, FlagValues } from "./flags.ts";
import { flagValues, helpOf } from "./flags.ts";
import { CommandFailure, UsageError } from "./usage.ts";

/** Exit code of a command that Ctrl-C stopped, as a shell reports it. */
export const STOPPED = 130;

interface Command<Flags extends Record<string, Flag>, Options> {
  line: CommandLine<Flags>;
  /** Reads the arguments when the values alone do not suffice. Absent: the command gets the values. */
  read?(args: readonly string[]): Options;
  /** Does the command's work and returns the exit code. */
  run(options: Options): Promise<number> | number;
}

/**
 * Runs a command as this process: reads its flags, prints its help, sets the exit code.
 * Exit code 2 means a mistake in the command line, 1 a failure.
 * @throws any error that is neither a UsageError nor a CommandFailure
 * @example
 * await runCommand({ line: COST, run: ({ eventsPerDay }) => printCost(eventsPerDay) });
 */
export async function runCommand<Flags extends Record<string, Flag>, Options = FlagValues<Flags>>({
  line,
  read = args => flagValues(line, args) as Options,
  run,
}: Command<Flags, Options>): Promise<void> {
  const args = process.argv.slice(2);
  try {
    if (args.includes("--help")) process.stdout.write(`${helpOf(line)}\n`);
    else process.exitCode = await run(read(args));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof CommandFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** Returns a signal that the first Ctrl-C aborts. The second Ctrl-C ends the process. */
export function interruptSignal(): AbortSignal {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  return stop.signal;
}
