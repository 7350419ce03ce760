import { clock } from "../clock.ts";
import { log } from "../log.ts";
import type { Declared } from "./declaration.ts";
import type { TaskFunction } from "./receive/task-function.ts";
import { taskFunction } from "./receive/task-function.ts";

/**
 * Declares a function that runs at fixed times. Cloud Scheduler calls it at least once per time, so a run must be
 * idempotent.
 * @param cron unix cron in UTC
 * @param run gets the time and returns counts for the log line
 * @example
 * export const closeDay = schedule("close-day", "15 0 * * *", async nowMs => {
 *   const { run, did } = await startDayClose(dayBefore(nowMs), { nowMs });
 *   return { run, did };
 * });
 */
export function schedule(
  name: string,
  cron: string,
  run: (nowMs: number) => Promise<Record<string, unknown>>,
): TaskFunction & Declared {
  const handle = async () => {
    const nowMs = clock.now();
    const did = await run(nowMs);
    log("INFO", "schedule.finished", {
      schedule: name,
      ...did,
      ms: clock.now() - nowMs,
    });
    return { status: 204 };
  };
  const hosted = taskFunction(name, { "POST /": handle });
  return Object.assign(hosted, {
    declaration: { kind: "schedule", name, cron } as const,
  });
}
