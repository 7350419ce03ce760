import { readDocument } from "../../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../../http/handler.ts";
import { Problem } from "../../http/problem.ts";
import { dayReports } from "../closing/day-closing.ts";
import type { DayReport } from "../closing/day-report-types.ts";
import { hitsView } from "../recommend/check-recommended.ts";
import { REPORT_PAGE_HEADERS, reportPage } from "./report-page.ts";
import type { ReportView } from "./report-text.ts";
import { reportText } from "./report-text.ts";

/** Answers with a closed day as JSON, as text (`text/plain`), or as a page with plots (`text/html`, for browsers). */
export async function getReport({ params, headers }: HttpRequest): Promise<HttpAnswer> {
  const { day = "" } = params;
  const report = /^\d{4}-\d{2}-\d{2}$/.test(day) ? await readDocument(dayReports, day) : undefined;
  if (!report) {
    const detail =
      "The day is not closed: expected a past day such as 2026-11-20. Its closing begins 20 minutes after its end in UTC.";
    throw new Problem({ status: 404, slug: "no-such-report", detail });
  }
  const view = reportView(report);
  const vary = { vary: "accept" };
  switch (wantedType(headers.accept)) {
    case "text/html":
      return {
        status: 200,
        headers: { ...vary, ...REPORT_PAGE_HEADERS },
        body: Buffer.from(reportPage(view)),
      };
    case "text/plain": {
      const type = { "content-type": "text/plain; charset=utf-8" };
      return { status: 200, headers: { ...vary, ...type }, body: Buffer.from(reportText(view)) };
    }
    default:
      return { status: 200, headers: vary, body: view };
  }
}

/** Converts a stored report into the form of its JSON answer. */
export function reportView({
  day,
  cut_off_ms,
  numbers,
  headlines,
  outlook,
  findings,
  coverage,
  repairs,
  hits,
  closings,
}: DayReport): ReportView {
  return {
    day,
    cut_off: isoTime(cut_off_ms),
    numbers: JSON.parse(numbers),
    headlines,
    outlook,
    findings,
    ...(coverage && { coverage }),
    repairs: repairs.map(({ target, before, after, at_ms }) => ({
      target,
      before: JSON.parse(before),
      after: JSON.parse(after),
      at: isoTime(at_ms),
    })),
    recommended: hits ? hitsView(hits) : null,
    closings: closings.map(({ run, at_ms, numbers_hash }) => ({ run, at: isoTime(at_ms), numbers_hash })),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

const MEDIA_TYPES = ["application/json", "text/plain", "text/html"];

/**
 * Reads an Accept header.
 * @returns the first media type that a report has; undefined when the client accepts any, and then gets JSON
 */
function wantedType(accept = ""): string | undefined {
  const named = accept.split(",").map(part => part.split(";")[0]?.trim() ?? "");
  return named.find(type => MEDIA_TYPES.includes(type));
}
