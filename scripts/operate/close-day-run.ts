import { clock } from "../../shared/clock.ts";
import { dayClosings, dayReports } from "../../shared/day-close/closing/day-closing.ts";
import { reportView } from "../../shared/day-close/report/report-queries.ts";
import { reportText } from "../../shared/day-close/report/report-text.ts";
import { startDayClose } from "../../shared/day-close/start-day-close.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import { DAY_MS } from "../../shared/values/durations.ts";
import { UsageError } from "../cli/usage.ts";
import type { CloseDayFlags } from "./close-day-flags.ts";
import type { ToolIo } from "./tool.ts";
import { STOPPED } from "./tool.ts";

/** Does what `npm run close-day` was asked: the day's tasks do the work, this waits for them. Answers the exit code. */
export async function runCloseDay(
  { day, json }: CloseDayFlags,
  { io, pause }: { io: ToolIo; pause(): Promise<void> },
): Promise<number> {
  const nowMs = clock.now();
  const overMs = Date.parse(day) + DAY_MS;
  if (nowMs < overMs)
    throw new UsageError(`${day} is not over: it can be closed after ${new Date(overMs).toISOString()}.`);
  const { run, did } = await startDayClose(day, { nowMs, again: true });
  io.note(did === "begun" ? `Closing ${run} of ${day} has begun.` : `Closing ${run} of ${day} is driven on.`);
  while (!(await isClosed(day, run))) {
    if (io.signal.aborted) {
      io.note("It goes on by itself; the same command waits for it.");
      return STOPPED;
    }
    await pause();
  }
  const report = await readDocument(dayReports, day);
  if (!report) throw new Error(`The report of ${day} is gone.`);
  const shown = reportView(report);
  io.out(json ? JSON.stringify(shown) : reportText(shown).trimEnd());
  return 0;
}

async function isClosed(day: string, run: number): Promise<boolean> {
  const night = await readDocument(dayClosings, day);
  return night !== undefined && (night.run > run || night.closed_at_ms !== null);
}
