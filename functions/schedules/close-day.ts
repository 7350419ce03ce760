import { CLOSE_DAY, startDayClose } from "../../shared/day-close/start-day-close.ts";
import { schedule } from "../../shared/pipeline/schedule.ts";
import { DAY_MS } from "../../shared/values/durations.ts";

/**
 * Closes the day before: its numbers, its reconciliation, its recommendations, and the segments that lapse by time. The
 * first run is at 00:20 UTC, so that the last events of the day are archived. Later runs find the day closed, or post
 * lost tasks again.
 */
export const closeDay = schedule(CLOSE_DAY, "20,50 0-2 * * *", async nowMs => {
  const day = new Date(nowMs - DAY_MS).toISOString().slice(0, 10);
  return { day, ...(await startDayClose(day, { nowMs })) };
});
