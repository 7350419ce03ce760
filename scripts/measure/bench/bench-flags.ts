import type { CommandLine, Flag, FlagValues } from "../../cli/flags.ts";
import { helpOf, readFlags } from "../../cli/flags.ts";
import { UsageError } from "../../cli/usage.ts";

/** Reads the flags of a benchmark. `--help` and a wrong flag print a text and end the process. */
export function benchFlags<Flags extends Record<string, Flag>>(line: CommandLine<Flags>): FlagValues<Flags> {
  try {
    const flags = readFlags(line, process.argv.slice(2));
    if (flags !== undefined) return flags;
    process.stdout.write(`${helpOf(line)}\n`);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
