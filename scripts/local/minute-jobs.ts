import { log } from "../../shared/log.ts";
import type { LocalClock } from "./clock.ts";

const MINUTE_MS = 60_000;
const EVERY_MINUTE = "* * * * *";

export interface MinuteJobs {
  idle(): boolean;
  /** Resolves when no job is running. */
  settle(): Promise<void>;
}

/**
 * Runs jobs at every full minute of the local clock, never two runs of one job at once, as Cloud Scheduler does.
 * @throws Error for a job with another schedule: only every minute is supported here
 */
export function startMinuteJobs(
  clock: LocalClock,
  jobs: readonly { functionName: string; cron: string }[],
  call: (functionName: string) => Promise<void>,
): MinuteJobs {
  const running = new Map<string, Promise<void>>();
  for (const { functionName, cron } of jobs) {
    if (cron !== EVERY_MINUTE)
      throw new Error(`${functionName}: only "${EVERY_MINUTE}" can be scheduled locally`);
  }
  const start = (functionName: string): void => {
    if (running.has(functionName)) return;
    const run = call(functionName)
      .catch(error => log("ERROR", "schedule.failed", { schedule: functionName, error }))
      .finally(() => running.delete(functionName));
    running.set(functionName, run);
  };
  const arm = (): void => {
    const nextMs = (Math.floor(clock.now() / MINUTE_MS) + 1) * MINUTE_MS;
    clock.at(nextMs, () => {
      arm();
      for (const { functionName } of jobs) start(functionName);
    });
  };
  arm();
  return {
    idle: () => running.size === 0,
    settle: async () => {
      await Promise.all(running.values());
    },
  };
}
