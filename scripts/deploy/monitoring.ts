import type { Watched } from "./alerts.ts";
import { watched } from "./alerts.ts";
import type { Deployment } from "./deployment.ts";
import type { Resource, Variable } from "./resource.ts";
import { differencesOf, FILE, named } from "./resource.ts";
import type { Target } from "./target.ts";
import { inProject } from "./target.ts";

const channelName = ({ prefix }: Target) => `PulseCart ${prefix}alerts`;
const metricName = ({ prefix }: Target, id: string) => `${prefix}pulsecart-${id}`;

/** Returns the metrics that count log lines, and the channel that alerts go to. */
export function watchResources({ target, declarations }: Deployment): Resource[] {
  const names = declarations.map(({ name }) => target.prefix + name);
  return [
    channel(target),
    ...watched.flatMap(one =>
      "log" in one.source ? logMetric(one, { target, log: one.source.log, names }) : [],
    ),
  ];
}

function channel(target: Target): Resource {
  const address = target.settings["ADMIN_EMAIL"] ?? "";
  return {
    kind: "channel",
    name: channelName(target),
    why: "The address that alerts are sent to.",
    read: {
      args: ["beta", "monitoring", "channels", "list", ...inProject(target)],
      find: withDisplayName(channelName(target)),
    },
    wanted: { type: "email", labels: { email_address: address } },
    create: [
      {
        args: [
          ...["beta", "monitoring", "channels", "create", `--display-name=${channelName(target)}`],
          ...["--type=email", `--channel-labels=email_address=${address}`, ...inProject(target)],
        ],
      },
    ],
    update: found => [
      {
        args: [
          ...["beta", "monitoring", "channels", "update", String(found["name"])],
          ...[`--update-channel-labels=email_address=${address}`, ...inProject(target)],
        ],
      },
    ],
    remove: found => [
      {
        args: [
          ...["beta", "monitoring", "channels", "delete", String(found["name"]), "--force"],
          ...inProject(target),
        ],
      },
    ],
  };
}

/** Finds by display name: Cloud Monitoring names its resources by numbers. */
const withDisplayName = (displayName: string) => (answer: unknown) =>
  Array.isArray(answer) ? answer.find(one => Object(one).displayName === displayName) : undefined;

function logMetric(
  { id, title }: Watched,
  { target, log, names }: { target: Target; log: string; names: readonly string[] },
): Resource {
  const name = metricName(target, id);
  const services = names.map(each => `"${each}"`).join(" OR ");
  const filter = `resource.type="cloud_run_revision" AND resource.labels.service_name=(${services}) AND ${log}`;
  const flags = [`--description=${title}.`, `--log-filter=${filter}`, ...inProject(target)];
  return {
    kind: "log metric",
    name,
    why: `Counts log lines: ${title.toLowerCase()}.`,
    read: { args: ["logging", "metrics", "list", ...inProject(target)], find: named(name) },
    wanted: { description: `${title}.`, filter },
    create: [{ args: ["logging", "metrics", "create", name, ...flags] }],
    update: () => [{ args: ["logging", "metrics", "update", name, ...flags] }],
    remove: () => [{ args: ["logging", "metrics", "delete", name, ...inProject(target)] }],
  };
}

/** Returns the variable with the channel's name. */
export function channelVariable({ target }: Deployment): Variable {
  return {
    name: "CHANNEL",
    why: "The channel's name is a number that only the project knows.",
    args: [
      ...["beta", "monitoring", "channels", "list", `--filter=displayName="${channelName(target)}"`],
      ...["--limit=1", "--format=value(name)", ...inProject(target)],
    ],
  };
}

/** Returns the alerts, and a dashboard with all their numbers. */
export function alertResources({ target, value }: Deployment): Resource[] {
  return [...watched.map(one => alert(one, { target, channel: value("CHANNEL") })), dashboard(target)];
}

function alert(one: Watched, { target, channel }: { target: Target; channel: string }): Resource {
  const displayName = `PulseCart ${target.prefix}${one.id}`;
  const wanted = {
    displayName,
    combiner: "OR",
    conditions: [{ displayName: one.title, ...conditionOf(one, target) }],
    notificationChannels: [channel],
    documentation: { content: one.meaning, mimeType: "text/markdown" },
  };
  const input = { text: `${JSON.stringify(wanted, null, 1)}\n` };
  const flags = [`--policy-from-file=${FILE}`, ...inProject(target)];
  return {
    kind: "alert",
    name: displayName,
    why: `Alerts the administrator: ${one.title.toLowerCase()}.`,
    read: {
      args: ["alpha", "monitoring", "policies", "list", ...inProject(target)],
      find: withDisplayName(displayName),
    },
    wanted,
    create: [{ args: ["alpha", "monitoring", "policies", "create", ...flags], input }],
    update: found => [
      { args: ["alpha", "monitoring", "policies", "update", String(found["name"]), ...flags], input },
    ],
    remove: found => [
      { args: ["alpha", "monitoring", "policies", "delete", String(found["name"]), ...inProject(target)] },
    ],
  };
}

function conditionOf({ source, above, forSeconds, everySeconds }: Watched, target: Target): object {
  const aligner = "log" in source ? "ALIGN_DELTA" : source.aligner;
  const alignmentPeriod = `${everySeconds}s`;
  const aggregations = [
    {
      alignmentPeriod,
      perSeriesAligner: aligner,
      crossSeriesReducer: aligner === "ALIGN_MAX" ? "REDUCE_MAX" : "REDUCE_SUM",
      ...(aligner === "ALIGN_RATE" && { groupByFields: ["resource.label.service_name"] }),
    },
  ];
  const filter = filterOf(source, target);
  const duration = `${forSeconds}s`;
  if (above === "absent") return { conditionAbsent: { filter, aggregations, duration } };
  const share = "shareOf" in source ? source.shareOf : undefined;
  return {
    conditionThreshold: {
      filter,
      aggregations,
      ...(share !== undefined && {
        denominatorFilter: metricFilter(share, { resource: "cloud_run_revision", target }),
        denominatorAggregations: aggregations,
      }),
      comparison: "COMPARISON_GT",
      thresholdValue: above,
      duration,
    },
  };
}

/** https://cloud.google.com/monitoring/api/v3/filters */
function filterOf(source: Watched["source"], target: Target): string {
  if (!("log" in source)) return metricFilter(source.metric, { resource: source.resource, target });
  const id = watched.find(one => one.source === source)?.id ?? "";
  return `resource.type="cloud_run_revision" AND metric.type="logging.googleapis.com/user/${metricName(target, id)}"`;
}

function metricFilter(
  metric: string,
  { resource, target }: { resource: "pubsub_subscription" | "cloud_run_revision"; target: Target },
): string {
  const label = resource === "pubsub_subscription" ? "subscription_id" : "service_name";
  const begins = resource === "pubsub_subscription" ? `${target.prefix}pulsecart.` : target.prefix;
  const own = begins === "" ? "" : ` AND resource.labels.${label}=starts_with("${begins}")`;
  return `resource.type="${resource}" AND metric.type="${metric}"${own}`;
}

const COLUMNS = 2;
const TILE = { width: 24, height: 16 };

function dashboard(target: Target): Resource {
  const displayName = `PulseCart ${target.prefix}overview`;
  const tiles = watched.map((one, index) => ({
    xPos: (index % COLUMNS) * TILE.width,
    yPos: Math.floor(index / COLUMNS) * TILE.height,
    ...TILE,
    widget: { title: one.title, xyChart: { dataSets: [chartOf(one, target)] } },
  }));
  const wanted = { displayName, mosaicLayout: { columns: COLUMNS * TILE.width, tiles } };
  const flags = [`--config-from-file=${FILE}`, ...inProject(target)];
  const input = (found: object) => ({ text: `${JSON.stringify({ ...found, ...wanted }, null, 1)}\n` });
  return {
    kind: "dashboard",
    name: displayName,
    why: "The numbers of all alerts on one page.",
    read: {
      args: ["monitoring", "dashboards", "list", ...inProject(target)],
      find: withDisplayName(displayName),
    },
    wanted,
    differences: found => differencesOf(found, wanted),
    create: [{ args: ["monitoring", "dashboards", "create", ...flags], input: input({}) }],
    update: found => [
      {
        args: ["monitoring", "dashboards", "update", String(found["name"]), ...flags],
        input: input({ etag: found["etag"] }),
      },
    ],
    remove: found => [
      { args: ["monitoring", "dashboards", "delete", String(found["name"]), ...inProject(target)] },
    ],
  };
}

function chartOf({ source, everySeconds }: Watched, target: Target): object {
  const aligner = "log" in source ? "ALIGN_DELTA" : source.aligner;
  return {
    plotType: "LINE",
    timeSeriesQuery: {
      timeSeriesFilter: {
        filter: filterOf(source, target),
        aggregation: {
          alignmentPeriod: `${everySeconds}s`,
          perSeriesAligner: aligner,
          crossSeriesReducer: aligner === "ALIGN_MAX" ? "REDUCE_MAX" : "REDUCE_SUM",
        },
      },
    },
  };
}
