import { getDay, getDays } from "../../shared/analytics/day-queries.ts";
import { config } from "../../shared/config.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";

config(); // does not start without its configuration

/** What was counted, day by day: the reaction `analytics` counts it, and the roll-up the views and searches. */
export const dailyNumbers = httpFunction("daily-numbers", {
  "GET /analytics": getDays,
  "GET /analytics/:day": getDay,
});
