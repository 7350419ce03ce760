import { getDay, getDays } from "../../shared/analytics/day-queries.ts";
import { config } from "../../shared/config.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";

config(); // throws at the start when the configuration is incomplete

/** Shows the counters of each day. The reaction `analytics` counts; the roll-up counts views and searches. */
export const dailyNumbers = httpFunction("daily-numbers", {
  "GET /analytics": getDays,
  "GET /analytics/:day": getDay,
});
