import type { Severity } from "../../shared/log.ts";
import { printForPeople } from "../start/print-log.ts";

/** What the emulator says when it ends a function itself. */
const ENDED = /Your function (was killed|timed out)|Failed to (start|handle)/;

/** Prints of the emulator's output what the functions log, as `npm start` does, and what became of them. */
export function printFunctionOutput(line: string): void {
  const logged = /^> +(\{.*\})$/.exec(line)?.[1];
  if (logged !== undefined) printLogged(logged);
  else if (ENDED.test(line)) process.stdout.write(`${line}\n`);
}

function printLogged(json: string): void {
  const { severity, message, stack, ...fields } = JSON.parse(json) as Logged;
  const shown = Object.entries(fields).filter(([name]) => !name.startsWith("logging.googleapis.com/"));
  printForPeople(severity, message, { ...Object.fromEntries(shown), error: stack });
}

interface Logged extends Record<string, unknown> {
  severity: Severity;
  message: string;
  stack?: string;
}
