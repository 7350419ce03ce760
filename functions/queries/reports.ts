import { config } from "../../shared/config.ts";
import { httpFunction } from "../../shared/http/http-function.ts";
import { getReport } from "../../shared/night/report-queries.ts";

config(); // does not start without its configuration

/** What the nights found out about the days: as JSON, as text, or as a page with plots. */
export const reports = httpFunction("reports", { "GET /reports/:day": getReport });
