import { parseArgs } from "node:util";
import { momentMs, UsageError } from "../cli/usage.ts";
import type { TargetFlags } from "./connect.ts";
import { TARGET_HELP, targetFlags } from "./connect.ts";

export const CLOSE_DAY_HELP = `npm run close-day -- --day 2026-11-20    close a day, or close it again, and show its report
  a day that is being closed is driven on; one that was closed comes out with the same numbers
How:   --json
${TARGET_HELP}`;

const options = {
  ...targetFlags,
  day: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

export interface CloseDayFlags {
  day: string;
  json: boolean;
  help: boolean;
  target: TargetFlags;
}

/** @throws UsageError that names what is wrong with the flags */
export function closeDayFlags(args: readonly string[]): CloseDayFlags {
  const values = parsed(args);
  const { day = "", json, help } = values;
  if (!help && (!/^\d{4}-\d{2}-\d{2}$/.test(day) || isoDay(momentMs("--day", day)) !== day))
    throw new UsageError("--day says which day is closed, such as 2026-11-20.");
  return { day, json, help, target: values };
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error));
  }
}
