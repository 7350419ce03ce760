import { clock } from "../clock.ts";
import { log } from "../log.ts";
import type { Declared } from "./declaration.ts";
import type { TaskFunction } from "./receive/task-function.ts";
import { taskFunction } from "./receive/task-function.ts";

/**
 * Declares what runs at fixed times, called by Cloud Scheduler (at least once, so a run must bear repeating).
 * @param cron unix cron in UTC
 * @param run gets the time and answers what it did, for the log line
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
