import { BROWSE_SHARDS } from "../../../shared/analytics/browse/index-fields.ts";
import { MAX_INSTANCES } from "../../deploy/functions.ts";
import type { DayUnits } from "./count-day.ts";
import type { FunctionUse } from "./function-uses.ts";
import { INSTANCE } from "./function-uses.ts";
import type { Counts, Kind } from "./tally.ts";
import { sumOf } from "./tally.ts";

/** One limit of Google, its use and its source. */
export interface LimitUse {
  limit: string;
  used: number;
  most: number;
  /** The resource with the largest use, such as a queue or a collection. Absent: all resources share the limit. */
  of?: string;
  source: string;
}

/** The load whose limits are compared. */
export interface LimitOptions {
  units: DayUnits;
  uses: readonly FunctionUse[];
  eventsPerSecond: number;
  region: string;
}

const READ = "read 2026-11-20";
const QUOTAS = `https://cloud.google.com/pubsub/quotas?hl=sv, ${READ}`;
const TASKS = `https://cloud.google.com/tasks/docs/quotas, ${READ}`;
const RUN = `https://cloud.google.com/run/docs/configuring/max-instances-limits, ${READ}`;
const BEST_PRACTICES = `https://cloud.google.com/firestore/docs/best-practices, ${READ}`;
/** Older versions of this page and of the page of quotas name the number; later versions advise a test. */
const ONE_DOCUMENT = `${BEST_PRACTICES}; one write a second in older versions`;
const PUSH = `https://cloud.google.com/pubsub/docs/push, as quoted by others, ${READ}`;
/** No stored version of the quota's own page names this number. */
const PUSH_QUOTA = `the quotas of Pub/Sub as quoted by others, ${READ}`;

const LARGE_REGIONS = new Set(["europe-west1", "us-central1", "us-east1"]);
const MB = 1_000_000;

/** Indexes over values that grow with time, with the shards of each. */
const GROWING_INDEXES = [
  { collection: "events", index: "events.archived_at", shards: BROWSE_SHARDS },
  { collection: "carts", index: "carts.armed_due_ms", shards: 1 },
  { collection: "effects", index: "effects.changed_at_ms", shards: 1 },
  { collection: "segments", index: "segments.lapses_at_ms", shards: 1 },
] as const;
/** Max writes per second for each such index: https://cloud.google.com/firestore/docs/best-practices */
const MAX_GROWING_WRITES = 500;

/** Returns the use of every limit, the nearest to its limit first. */
export function limitUses(options: LimitOptions): LimitUse[] {
  const uses = [...pubsubLimits(options), ...firestoreLimits(options), ...otherLimits(options)];
  return uses.sort((left, right) => right.used / right.most - left.used / left.most);
}

function pubsubLimits({ units: { perEvent }, uses, eventsPerSecond, region }: LimitOptions): LimitUse[] {
  const isLarge = LARGE_REGIONS.has(region);
  const busiestKey = largestOf(perEvent, "bytes of a key");
  const outstanding = uses.map(({ name, perSecond, seconds }) => ({ of: name, used: perSecond * seconds }));
  const pushed = sumOf(perEvent, "bytes delivered") * eventsPerSecond;
  return [
    {
      limit: "Pub/Sub: bytes published per second in a region",
      ...{ used: sumOf(perEvent, "bytes published") * eventsPerSecond, most: (isLarge ? 200 : 50) * MB },
      source: QUOTAS,
    },
    // No source names the limit of smaller regions.
    ...(isLarge
      ? [
          {
            limit: "Pub/Sub: bytes pushed per second in a region",
            used: pushed,
            most: 20 * MB,
            source: PUSH_QUOTA,
          },
        ]
      : []),
    {
      limit: "Pub/Sub: bytes published per second under one ordering key",
      ...{ used: busiestKey.count * eventsPerSecond, most: MB, of: busiestKey.part, source: QUOTAS },
    },
    {
      limit: "Pub/Sub: pushes of one subscription unanswered",
      ...(outstanding.sort((left, right) => right.used - left.used)[0] ?? { used: 0 }),
      ...{ most: 3_000, source: PUSH },
    },
  ];
}

function firestoreLimits({ units: { perEvent }, eventsPerSecond }: LimitOptions): LimitUse[] {
  const busiest = largestOf(perEvent, "writes of a document");
  const written = largestOf(perEvent, "documents written");
  return [
    {
      limit: "Firestore: writes per second of one document",
      ...{ used: busiest.count * eventsPerSecond, most: 1, of: busiest.part, source: ONE_DOCUMENT },
    },
    {
      limit: "Firestore: writes per second of a new collection (+50 % every 5 minutes)",
      ...{ used: written.count * eventsPerSecond, most: 500, of: written.part, source: BEST_PRACTICES },
    },
    ...GROWING_INDEXES.map(({ collection, index, shards }) => ({
      limit: "Firestore: writes per second under an index that grows with time",
      used: (perEvent["documents written"][collection] ?? 0) * eventsPerSecond,
      ...{ most: MAX_GROWING_WRITES * shards, of: index, source: BEST_PRACTICES },
    })),
  ];
}

function otherLimits({ units: { perEvent }, uses, eventsPerSecond }: LimitOptions): LimitUse[] {
  const queue = largestOf(perEvent, "tasks dispatched");
  const [most] = uses.toSorted(
    (left, right) => right.instances - left.instances || right.perSecond - left.perSecond,
  );
  const cpus = uses.reduce((sum, use) => sum + Math.max(use.warm, use.active) * INSTANCE.cpus, 0);
  return [
    {
      limit: "Cloud Tasks: tasks per second of one queue",
      ...{ used: queue.count * eventsPerSecond, most: 500, of: queue.part, source: TASKS },
    },
    {
      limit: "Cloud Run: instances of one function",
      ...{ used: most?.instances ?? 0, most: MAX_INSTANCES, of: most?.name ?? "" },
      source: "scripts/deploy/functions.ts: PulseCart's own limit, which can be raised",
    },
    { limit: "Cloud Run: vCPUs in a region", used: cpus, most: 1_000, source: RUN },
  ];
}

/** Documents of one visitor, order or event. More events come from more visitors, so the rate of one document stays. */
const OF_ONE = /(usr|sess|ord|cart|evt)_|^(effects|events|ledger)\//;

/** Returns the resource with the largest count. Documents of one visitor, order or event are left out. */
function largestOf(counts: Counts, kind: Kind): { part: string; count: number } {
  const parts = Object.entries(counts[kind]).map(([part, count]) => ({ part, count }));
  const shared = kind === "writes of a document" ? parts.filter(({ part }) => !OF_ONE.test(part)) : parts;
  return shared.sort((left, right) => right.count - left.count)[0] ?? { part: "none", count: 0 };
}
