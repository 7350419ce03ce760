import type { DayUnits } from "./count-day.ts";
import type { FunctionUse } from "./function-uses.ts";
import { INSTANCE } from "./function-uses.ts";
import type { Price, PricedUnit, PriceList } from "./prices.ts";
import { costsOf, MONTH_DAYS } from "./prices.ts";
import type { Kind } from "./tally.ts";
import { sumOf } from "./tally.ts";

/** The use of one billed unit in a month. */
export interface MonthlyUse {
  service: string;
  what: string;
  unit: string;
  /** Units of one event. Absent: the use does not grow with events. */
  perEvent?: number;
  perMonth: number;
  priced: PricedUnit;
}

/** One line of a month's bill. */
export interface CostLine extends MonthlyUse {
  price: Price;
  usd: number;
}

/** The load of a month. */
export interface MonthOptions {
  units: DayUnits;
  eventsPerDay: number;
  uses: readonly FunctionUse[];
  /** Jobs of Cloud Scheduler. */
  jobs: number;
  /** Secrets, each with one version. */
  secrets: number;
}

/** Bytes of the log entry that Cloud Run writes for every request. An assumption: no source names the size. */
export const REQUEST_LOG_BYTES = 1_000;
const MONTH_SECONDS = MONTH_DAYS * 24 * 60 * 60;

type Row = readonly [service: string, what: string, unit: string, priced: PricedUnit, ...kinds: Kind[]];

const COUNTED: readonly Row[] = [
  ["Pub/Sub", "published", "bytes", "message", "bytes published"],
  ["Pub/Sub", "delivered", "bytes", "message", "bytes delivered"],
  ["Pub/Sub", "filtered out", "bytes", "message", "bytes filtered out"],
  ["Firestore", "reads", "", "read", "documents read"],
  ["Firestore", "writes", "", "write", "documents written"],
  ["Firestore", "deletes", "", "delete", "documents deleted"],
  ["Firestore", "deletes by TTL", "", "expiry", "documents expiring"],
  ["Firestore", "stored after a month", "bytes", "storage", "bytes stored"],
  ["Cloud Run", "requests", "", "request", "invocations"],
  ["Cloud Tasks", "tasks made and called", "", "task", "task calls", "tasks dispatched"],
  ["Cloud Logging", "own lines", "bytes", "log", "log bytes"],
];

/** Returns the use of every billed unit in a month. */
export function monthOf({ units, eventsPerDay, uses, jobs, secrets }: MonthOptions): MonthlyUse[] {
  const { perEvent, perDay } = units;
  const counted = COUNTED.map(([service, what, unit, priced, ...kinds]) => {
    const [each, daily] = [perEvent, perDay].map(counts =>
      kinds.reduce((sum, kind) => sum + sumOf(counts, kind), 0),
    );
    const perMonth = ((each ?? 0) * eventsPerDay + (daily ?? 0)) * MONTH_DAYS;
    return { service, what, unit, priced, perEvent: each ?? 0, perMonth };
  });
  const requests = counted.find(({ priced }) => priced === "request") ?? { perEvent: 0, perMonth: 0 };
  const active = MONTH_SECONDS * uses.reduce((sum, use) => sum + use.active, 0);
  const idle = MONTH_SECONDS * uses.reduce((sum, use) => sum + Math.max(0, use.warm - use.active), 0);
  const run = (what: string, unit: string, priced: PricedUnit, perMonth: number): MonthlyUse => ({
    ...{ service: "Cloud Run", what, unit, priced, perMonth },
  });
  return [
    ...counted,
    {
      ...{
        service: "Cloud Logging",
        what: "a line for each request (assumed)",
        unit: "bytes",
        priced: "log",
      },
      perEvent: requests.perEvent * REQUEST_LOG_BYTES,
      perMonth: requests.perMonth * REQUEST_LOG_BYTES,
    },
    run("instances answering", "vCPU s", "cpu", active * INSTANCE.cpus),
    run("their memory", "GiB s", "memory", active * INSTANCE.gib),
    run("warm instances, idle", "vCPU s", "idleCpu", idle * INSTANCE.cpus),
    run("their memory, idle", "GiB s", "idleMemory", idle * INSTANCE.gib),
    { service: "Cloud Scheduler", what: "jobs", unit: "", priced: "job", perMonth: jobs },
    { service: "Secret Manager", what: "versions", unit: "", priced: "secret", perMonth: secrets },
  ];
}

/** Prices the use of a month. */
export function billOf(used: readonly MonthlyUse[], { prices }: PriceList): CostLine[] {
  const costs = costsOf(used.map(({ perMonth, priced }) => ({ units: perMonth, price: prices[priced] })));
  return used.map((each, index) => ({ ...each, price: prices[each.priced], usd: costs[index] ?? 0 }));
}
