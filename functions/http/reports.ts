import { config } from "../../shared/config.ts";
import { getReport } from "../../shared/day-close/report/report-queries.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";

config(); // does not start without its configuration

/** What the dayClosings found out about the days: as JSON, as text, or as a page with plots. */
export const reports = httpFunction("reports", { "GET /reports/:day": getReport });
