import { clock } from "../../shared/clock.ts";
import { dayClosings, dayReports } from "../../shared/day-close/closing/day-closing.ts";
import { reportView } from "../../shared/day-close/report/report-queries.ts";
import { reportText } from "../../shared/day-close/report/report-text.ts";
import { startDayClose } from "../../shared/day-close/start-day-close.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import { DAY_MS } from "../../shared/values/durations.ts";
import { STOPPED } from "../cli/run-command.ts";
import { UsageError } from "../cli/usage.ts";
import type { CloseDayFlags } from "./close-day-flags.ts";
import type { ToolIo } from "./tool.ts";

/**
 * Runs `npm run close-day`: starts the closing, waits for its tasks, prints the report.
 * @returns the exit code
 * @throws UsageError for a day that is not over
 */
export async function runCloseDay(
  { day, json }: CloseDayFlags,
  { io, pause }: { io: ToolIo; pause(): Promise<void> },
): Promise<number> {
  const nowMs = clock.now();
  const endMs = Date.parse(day) + DAY_MS;
  if (nowMs < endMs)
    throw new UsageError(`--day invalid: ${day} ends at ${new Date(endMs).toISOString()}, close it later.`);
  const { run, did } = await startDayClose(day, { nowMs, again: true });
  io.note(`Closing ${run} of ${day} is ${did === "begun" ? "started" : "resumed"}.`);
  while (!(await isClosed(day, run))) {
    if (io.signal.aborted) {
      io.note("The closing continues. The same command waits for it again.");
      return STOPPED;
    }
    await pause();
  }
  const report = await readDocument(dayReports, day);
  if (!report) throw new Error(`Report of ${day} missing: expected a document in ${dayReports.name}.`);
  const view = reportView(report);
  io.out(json ? JSON.stringify(view) : reportText(view).trimEnd());
  return 0;
}

async function isClosed(day: string, run: number): Promise<boolean> {
  const closing = await readDocument(dayClosings, day);
  return closing !== undefined && (closing.run > run || closing.closed_at_ms !== null);
}
