import { MINUTE_MS } from "../../shared/values/durations.ts";
import type { Gcloud } from "./gcloud.ts";
import type { Undelivered } from "./leftovers.ts";
import type { Target } from "./target.ts";

/** The time over which undelivered messages are counted. */
const WINDOW_MS = 10 * MINUTE_MS;

/**
 * Creates a reader of undelivered messages. gcloud has no command for them, so the reader calls Cloud Monitoring.
 * https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list
 */
export function undeliveredOf({ project, prefix }: Target, gcloud: Gcloud, nowMs: number): Undelivered {
  return async () => {
    const base =
      process.env["CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING"] ?? "https://monitoring.googleapis.com/";
    const url = new URL(`v3/projects/${project}/timeSeries`, base);
    url.searchParams.set(
      "filter",
      `metric.type="pubsub.googleapis.com/subscription/num_undelivered_messages" AND resource.labels.subscription_id=starts_with("${prefix}pulsecart.")`,
    );
    url.searchParams.set("interval.startTime", new Date(nowMs - WINDOW_MS).toISOString());
    url.searchParams.set("interval.endTime", new Date(nowMs).toISOString());
    const token = (await gcloud({ args: ["auth", "print-access-token"] })).trim();
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) return new Map();
    const { timeSeries = [] } = (await answer.json()) as { timeSeries?: Series[] };
    return new Map(
      timeSeries.map(({ resource, points = [] }) => [
        resource?.labels?.["subscription_id"] ?? "",
        Math.max(0, ...points.map(({ value }) => Number(value?.int64Value ?? 0))),
      ]),
    );
  };
}

interface Series {
  resource?: { labels?: Record<string, string> };
  points?: { value?: { int64Value?: string } }[];
}
