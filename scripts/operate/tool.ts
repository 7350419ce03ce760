import type { CommandLine, Flag } from "../cli/flags.ts";
import { interruptSignal, runCommand } from "../cli/run-command.ts";
import { UsageError } from "../cli/usage.ts";
import { connect, disconnect } from "./connect.ts";
import type { TargetFlags } from "./target-flags.ts";
import { troubleOf } from "./trouble.ts";

/** The output of a tool, and the signal that stops it. */
export interface ToolIo {
  /** Prints a part of the result. */
  out(text: string): void;
  /** Prints progress or a problem to stderr. */
  note(text: string): void;
  /** Aborted by the first Ctrl-C. The tool ends after the current step. */
  signal: AbortSignal;
}

interface Tool<Options> {
  line: CommandLine<Record<string, Flag>>;
  read(args: readonly string[]): Options;
  /** Does the tool's work and returns the exit code. */
  run(options: Options, io: ToolIo): Promise<number>;
}

/**
 * Runs an operator's tool as this process: connects it with a PulseCart, runs it, disconnects.
 * Exit code 2 means a mistake in the command line, 1 a failure, 130 that Ctrl-C stopped the tool.
 */
export async function runTool<Options extends { target: TargetFlags }>(tool: Tool<Options>): Promise<void> {
  const io: ToolIo = {
    out: text => process.stdout.write(`${text}\n`),
    note: text => process.stderr.write(`${text}\n`),
    signal: interruptSignal(),
  };
  await runCommand({
    line: tool.line,
    read: tool.read,
    run: async options => {
      try {
        const connected = await connect(options.target);
        if (process.stderr.isTTY) io.note(connected);
        return await tool.run(options, io);
      } catch (error) {
        throw error instanceof UsageError ? error : (troubleOf(error) ?? error);
      } finally {
        await disconnect();
      }
    },
  });
  // Google's clients would repeat an unanswered request for minutes.
  if (process.exitCode === 1) process.exit();
}
