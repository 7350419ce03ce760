import { CLOSE_DAY, startDayClose } from "../../shared/day-close/start-day-close.ts";
import { schedule } from "../../shared/pipeline/schedule.ts";
import { DAY_MS } from "../../shared/values/durations.ts";

/**
 * Closes the day before: what was heard of it, the products and terms, the rates, the segments that lapse by time
 * alone. Some minutes after midnight, so that what was heard in the last one is archived; the later runs find it done,
 * or drive it on where a task was lost.
 */
export const closeDay = schedule(CLOSE_DAY, "20,50 0-2 * * *", async nowMs => {
  const day = new Date(nowMs - DAY_MS).toISOString().slice(0, 10);
  return { day, ...(await startDayClose(day, { nowMs })) };
});
