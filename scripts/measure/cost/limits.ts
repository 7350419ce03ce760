import { BROWSE_SHARDS } from "../../../shared/analytics/traffic/index-fields.ts";
import { MAX_INSTANCES } from "../../deploy/functions.ts";
import type { DayUnits } from "./count-day.ts";
import type { FunctionUse } from "./function-uses.ts";
import { INSTANCE } from "./function-uses.ts";
import type { Counts, Kind } from "./tally.ts";
import { sumOf } from "./tally.ts";

/** What there is a limit to, how much of it is used, and who says so. */
export interface LimitUse {
  limit: string;
  used: number;
  most: number;
  /** Of what was `used` is the largest: a queue, a collection. */
  of?: string;
  source: string;
}

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
/** The number stood on that page and in its quotas; later versions say to test instead. */
const ONE_DOCUMENT = `${BEST_PRACTICES}; one write a second as older versions of it have it`;
const PUSH = `https://cloud.google.com/pubsub/docs/push, as quoted by others, ${READ}`;
/** The quota's own page was not found in a version with this number. */
const PUSH_QUOTA = `the quotas of Pub/Sub as quoted by others, ${READ}`;

const LARGE_REGIONS = new Set(["europe-west1", "us-central1", "us-east1"]);
const MB = 1_000_000;

/** Indexes over values that grow with time, and over how many places each is spread. */
const GROWING = [
  { collection: "events", index: "events.archived_at", shards: BROWSE_SHARDS },
  { collection: "carts", index: "carts.armed_due_ms", shards: 1 },
  { collection: "effects", index: "effects.changed_at_ms", shards: 1 },
  { collection: "segments", index: "segments.lapses_at_ms", shards: 1 },
] as const;
/** For each such index: https://cloud.google.com/firestore/docs/best-practices */
const GROWING_MOST = 500;

/** How near to its limits that is, the nearest first. */
export function limitUses(options: LimitOptions): LimitUse[] {
  const uses = [...ofPubSub(options), ...ofFirestore(options), ...ofTheRest(options)];
  return uses.sort((left, right) => right.used / right.most - left.used / left.most);
}

function ofPubSub({ units: { perEvent }, uses, eventsPerSecond, region }: LimitOptions): LimitUse[] {
  const isLarge = LARGE_REGIONS.has(region);
  const busiestKey = largestOf(perEvent, "bytes of a key");
  const outstanding = uses.map(({ name, perSecond, seconds }) => ({ of: name, used: perSecond * seconds }));
  const pushed = sumOf(perEvent, "bytes delivered") * eventsPerSecond;
  return [
    {
      limit: "Pub/Sub: bytes published a second in a region",
      ...{ used: sumOf(perEvent, "bytes published") * eventsPerSecond, most: (isLarge ? 200 : 50) * MB },
      source: QUOTAS,
    },
    // For smaller regions nobody says how much it is.
    ...(isLarge
      ? [
          {
            limit: "Pub/Sub: bytes pushed a second in a region",
            used: pushed,
            most: 20 * MB,
            source: PUSH_QUOTA,
          },
        ]
      : []),
    {
      limit: "Pub/Sub: bytes published a second under one ordering key",
      ...{ used: busiestKey.count * eventsPerSecond, most: MB, of: busiestKey.part, source: QUOTAS },
    },
    {
      limit: "Pub/Sub: pushes of one subscription unanswered",
      ...(outstanding.sort((left, right) => right.used - left.used)[0] ?? { used: 0 }),
      ...{ most: 3_000, source: PUSH },
    },
  ];
}

function ofFirestore({ units: { perEvent }, eventsPerSecond }: LimitOptions): LimitUse[] {
  const busiest = largestOf(perEvent, "writes of a document");
  const written = largestOf(perEvent, "documents written");
  return [
    {
      limit: "Firestore: writes a second of one document",
      ...{ used: busiest.count * eventsPerSecond, most: 1, of: busiest.part, source: ONE_DOCUMENT },
    },
    {
      limit: "Firestore: writes a second of a new collection (+50 % every 5 minutes)",
      ...{ used: written.count * eventsPerSecond, most: 500, of: written.part, source: BEST_PRACTICES },
    },
    ...GROWING.map(({ collection, index, shards }) => ({
      limit: "Firestore: writes a second under an index that grows with time",
      used: (perEvent["documents written"][collection] ?? 0) * eventsPerSecond,
      ...{ most: GROWING_MOST * shards, of: index, source: BEST_PRACTICES },
    })),
  ];
}

function ofTheRest({ units: { perEvent }, uses, eventsPerSecond }: LimitOptions): LimitUse[] {
  const queue = largestOf(perEvent, "tasks dispatched");
  const [most] = uses.toSorted(
    (left, right) => right.instances - left.instances || right.perSecond - left.perSecond,
  );
  const cpus = uses.reduce((sum, use) => sum + Math.max(use.warm, use.active) * INSTANCE.cpus, 0);
  return [
    {
      limit: "Cloud Tasks: tasks a second of one queue",
      ...{ used: queue.count * eventsPerSecond, most: 500, of: queue.part, source: TASKS },
    },
    {
      limit: "Cloud Run: instances of one function",
      ...{ used: most?.instances ?? 0, most: MAX_INSTANCES, of: most?.name ?? "" },
      source: "scripts/deploy/functions.ts: our own, to be raised",
    },
    { limit: "Cloud Run: vCPUs in a region", used: cpus, most: 1_000, source: RUN },
  ];
}

/** What one visitor or one event has for itself: more events come from more of them. */
const OF_ONE = /(usr|sess|ord|cart|evt)_|^(effects|events|ledger)\//;

function largestOf(counts: Counts, kind: Kind): { part: string; count: number } {
  const parts = Object.entries(counts[kind]).map(([part, count]) => ({ part, count }));
  const shared = kind === "writes of a document" ? parts.filter(({ part }) => !OF_ONE.test(part)) : parts;
  return shared.sort((left, right) => right.count - left.count)[0] ?? { part: "none", count: 0 };
}
