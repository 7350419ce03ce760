import { config } from "../../shared/config.ts";
import { getReport } from "../../shared/day-close/report/report-queries.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";

config(); // throws at the start when the configuration is incomplete

/** Shows the report of a closed day as JSON, as text, or as a page with plots. */
export const reports = httpFunction("reports", { "GET /reports/:day": getReport });
