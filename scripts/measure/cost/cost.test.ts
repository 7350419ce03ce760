import { expect, test } from "@jest/globals";
import { flagValues } from "../../cli/flags.ts";
import { UsageError } from "../../cli/usage.ts";
import type { DayUnits } from "./count-day.ts";
import { sizeOfDocument } from "./count-stored.ts";
import { COST } from "./flags.ts";
import { functionUses } from "./function-uses.ts";
import { instancesFor } from "./instances.ts";
import { limitUses } from "./limits.ts";
import { billOf, monthOf } from "./month.ts";
import { pricesIn } from "./prices.ts";
import type { Counts } from "./tally.ts";
import { notBelowZero, nothing, plus } from "./tally.ts";

const GIB = 2 ** 30;

function unitsOf(perEvent: Partial<Counts>, perDay: Partial<Counts> = {}): DayUnits {
  return { events: 1, perEvent: { ...nothing, ...perEvent }, perDay: { ...nothing, ...perDay } };
}

/** Returns the cost of a month by service and line. */
function billed(units: DayUnits, eventsPerDay: number, region = "us-central1"): Record<string, number> {
  const sizes = [{ name: "email", concurrency: 40, warm: 1 }];
  const uses = functionUses(units, sizes, eventsPerDay);
  const lines = billOf(monthOf({ units, eventsPerDay, uses, jobs: 4, secrets: 2 }), pricesIn(region));
  return Object.fromEntries(lines.map(({ service, what, usd }) => [`${service} ${what}`, usd]));
}

test.each([
  // Two million a day are sixty in a month, less the 1.5 million that are free.
  ["Firestore reads", { "documents read": { all: 2 } }, 585 * 0.03],
  ["Firestore writes", { "documents written": { events: 1, carts: 1 } }, 594 * 0.09],
  ["Firestore deletes", { "documents deleted": { all: 1 } }, 294 * 0.01],
  ["Firestore deletes by TTL", { "documents expiring": { ledger: 1 } }, 300 * 0.01],
  ["Firestore stored after a month", { "bytes stored": { events: GIB / 1e6 } }, 29 * 0.15],
  ["Pub/Sub delivered", { "bytes delivered": { archive: (1034 * GIB) / 30e6 } }, 40],
  ["Cloud Run requests", { invocations: { ingest: 1 } }, 28 * 0.4],
  ["Cloud Tasks tasks made and called", { "task calls": { all: 1 }, "tasks dispatched": { q: 1 } }, 59 * 0.4],
  ["Cloud Logging own lines", { "log bytes": { all: (2 * GIB) / 1e6 } }, 10 * 0.5],
])("bills %s of a million events a day as computed by hand", (line, perEvent, usd) => {
  expect(billed(unitsOf(perEvent), 1_000_000)[line]).toBeCloseTo(usd, 2);
});

test("counts an idle day thirty times and free units once", () => {
  const units = unitsOf(
    { "bytes published": { t: 10 * GIB } },
    { "documents read": { all: 100_000 }, "bytes delivered": { s: GIB } },
  );
  const month = billed(units, 1);
  expect(month["Firestore reads"]).toBeCloseTo(0.45);
  // Ten GiB of these 330 are free.
  expect(month["Pub/Sub published"]).toBeCloseTo((290 / 1024) * 40);
  expect(month["Pub/Sub delivered"]).toBeCloseTo((30 / 1024) * 40);
  expect(month["Cloud Scheduler jobs"]).toBeCloseTo(0.1);
});

test("bills idle warm instances and names prices without a source", () => {
  const month = billed(unitsOf({}), 1);
  expect(month["Cloud Run warm instances, idle"]).toBeCloseTo(2_592_000 * 0.0000025);
  expect(month["Cloud Run their memory, idle"]).toBeCloseTo(1_296_000 * 0.0000025);
  expect(billed(unitsOf({}), 1, "europe-west3")["Cloud Run warm instances, idle"]).toBeCloseTo(9.07);
  expect(pricesIn("us-central1").missing).toEqual([]);
  expect(pricesIn("europe-west3").missing[0]).toContain("Firestore's prices in europe-west3");
});

test.each([
  ["bills each request when requests never overlap", { perSecond: 0.001, seconds: 0.1 }, 1, 0.0001],
  ["shares an instance between overlapping requests", { perSecond: 100, seconds: 0.1 }, 1, 1],
  ["adds instances when concurrency runs out", { perSecond: 4_000, seconds: 0.1 }, 10, 10],
  [
    "adds instances when processors run out",
    { perSecond: 600, seconds: 0.1, cpuSeconds: 0.01 },
    10,
    10 * (1 - Math.exp(-6)),
  ],
])("%s", (_name, demand, instances, active) => {
  const needed = instancesFor({ cpuSeconds: 0, concurrency: 40, ...demand });
  expect(needed.instances).toBeCloseTo(instances);
  expect(needed.active).toBeCloseTo(active, 3);
});

test("names the nearest limit of shared resources first", () => {
  const units = unitsOf({
    "writes of a document": { "carts/cart_1": 0.5, "counters/day.1": 0.01 },
    "tasks dispatched": { "send-mail": 0.25, "abandon-cart": 0.5 },
    "documents written": { carts: 0.25 },
  });
  const [first, second, third] = limitUses({
    units,
    uses: [],
    eventsPerSecond: 1_000,
    region: "us-central1",
  });
  expect(first).toMatchObject({ used: 10, most: 1, of: "counters/day.1" });
  expect(second).toMatchObject({ used: 500, most: 500, of: "abandon-cart" });
  expect(third).toMatchObject({ used: 250, most: 500, of: "carts" });
});

test("computes the size of a document as in Google's example", () => {
  const task = { type: "Personal", done: false, priority: 1, description: "Learn Cloud Firestore" };
  expect(sizeOfDocument("users/jeff/tasks/my_task_id", task)).toBe(147);
});

test("subtracts counts part by part, never below 0", () => {
  const left = { ...nothing, invocations: { sweep: 60, ingest: 5 } };
  const right = { ...nothing, invocations: { sweep: 61, archive: 1 } };
  expect(notBelowZero(plus(left, right, -1)).invocations).toEqual({ sweep: 0, ingest: 5, archive: 0 });
});

test.each([
  [["--events-per-day", "many"], "--events-per-day invalid: expected a whole number"],
  [["--events-per-day", "0"], "--events-per-day invalid: expected a whole number"],
  [[], "--events-per-day missing: expected a whole number"],
  [
    ["--events-per-day", "10", "--region", "Belgium"],
    "--region invalid: expected a region such as europe-west1",
  ],
  [["--events", "10"], "Unknown option '--events'"],
])("refuses the flags %j", (args, sentence) => {
  expect(() => flagValues(COST, args)).toThrow(UsageError);
  expect(() => flagValues(COST, args)).toThrow(sentence);
});

test("reads the events of a day with the default region", () => {
  const flags = flagValues(COST, ["--events-per-day", "10"]);
  expect(flags).toEqual({ eventsPerDay: 10, region: "us-central1", words: [] });
});
