import type { Severity } from "../../shared/log.ts";
import { printLogLine } from "../start/print-log.ts";

/** Messages of the emulator when it ends a function. */
const FUNCTION_ENDED = /Your function (was killed|timed out)|Failed to (start|handle)/;

/** Prints the functions' log lines in the emulator's output as `npm start` does, and messages about ended functions. */
export function printFunctionOutput(line: string): void {
  const logged = /^> +(\{.*\})$/.exec(line)?.[1];
  if (logged !== undefined) printLogged(logged);
  else if (FUNCTION_ENDED.test(line)) process.stdout.write(`${line}\n`);
}

function printLogged(json: string): void {
  const { severity, message, stack, ...fields } = JSON.parse(json) as Logged;
  const visible = Object.entries(fields).filter(([name]) => !name.startsWith("logging.googleapis.com/"));
  printLogLine(severity, message, { ...Object.fromEntries(visible), error: stack });
}

interface Logged extends Record<string, unknown> {
  severity: Severity;
  message: string;
  stack?: string;
}
