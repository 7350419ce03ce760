import { UsageError } from "../cli/usage.ts";
import type { TargetFlags } from "./connect.ts";
import { connect, disconnect } from "./connect.ts";
import { troubleOf } from "./trouble.ts";

/** Where a tool writes, and how it learns that it is to stop. */
export interface ToolIo {
  out(text: string): void;
  /** What is not the answer: progress, and what went wrong. */
  note(text: string): void;
  signal: AbortSignal;
}

/** The exit code of what somebody stopped with Ctrl-C, as a shell gives it. */
export const STOPPED = 130;

interface Tool<Flags> {
  parse(args: readonly string[]): Flags & { target: TargetFlags; help: boolean };
  help: string;
  /** Answers the exit code. */
  run(flags: Flags, io: ToolIo): Promise<number>;
}

/**
 * Runs a tool as this process: Ctrl-C stops it after what it is doing, a second one at once. Exit code 2 means that
 * it was called wrongly, 1 that it could not do what it was asked.
 */
export async function runTool<Flags>({ parse, help, run }: Tool<Flags>): Promise<void> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const io: ToolIo = {
    out: text => process.stdout.write(`${text}\n`),
    note: text => process.stderr.write(`${text}\n`),
    signal: stop.signal,
  };
  try {
    const flags = parse(process.argv.slice(2));
    if (flags.help) return io.out(help);
    const about = await connect(flags.target);
    if (process.stderr.isTTY) io.note(about);
    process.exitCode = await run(flags, io);
  } catch (error) {
    const told = error instanceof UsageError ? error : troubleOf(error);
    if (!told) throw error;
    io.note(told.message);
    process.exitCode = told instanceof UsageError ? 2 : 1;
  } finally {
    await disconnect();
  }
  // What was not answered would be asked again for minutes.
  if (process.exitCode === 1) process.exit();
}
