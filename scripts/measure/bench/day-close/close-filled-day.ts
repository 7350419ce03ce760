import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { dayClosings, dayReports } from "../../../../shared/day-close/closing/day-closing.ts";
import type { DayReport } from "../../../../shared/day-close/closing/day-report-types.ts";
import { startDayClose } from "../../../../shared/day-close/start-day-close.ts";
import { FirestoreTooSlow } from "../../../../shared/errors.ts";
import { firestore, readDocument } from "../../../../shared/google/firestore.ts";
import { archivedEvents } from "../../../../shared/pipeline/records/archived-event.ts";
import { DAY_MS } from "../../../../shared/values/durations.ts";
import type { Operations } from "../../../local-cloud/firestore/operations.ts";
import type { DayClosePorts, DayCloseShop } from "./day-shop.ts";
import { chooseDayClosePorts, openDayCloseShop } from "./day-shop.ts";

/** What the closing of a generated day took, and what it came to. */
export interface ClosedDay {
  /** In the archive of that day: what was reported, and what the shop announced. */
  events: number;
  fillSeconds: number;
  seconds: number;
  /** Processor time of the functions. */
  cpuSeconds: number;
  /** The most that any instance of a function had in memory. */
  peakBytes: number;
  operations: Operations;
  report: DayReport;
}

export interface ClosingOptions {
  seed: number;
  events: number;
  onStage?: (name: string) => void;
}

const LOOK_MS = 250;
const FILL = fileURLToPath(new URL("../fill/fill.ts", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** A process reads its configuration once: what it talks to answers at the same ports for every day it closes. */
let chosen: Promise<DayClosePorts> | undefined;

/**
 * Closes the evening before a generated day, so that something is recommended to those who were there before; has the
 * day happen, which that evening knew nothing of; and closes it.
 */
export async function closeFilledDay({
  seed,
  events,
  onStage = () => undefined,
}: ClosingOptions): Promise<ClosedDay> {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-night-"));
  const data = join(folder, "data");
  const day = dayBefore(Date.now());
  // The bundles find the functions-framework there.
  symlinkSync(MODULES, join(folder, "node_modules"));
  const fill = (what: "before" | "day") =>
    promisify(execFile)(process.execPath, [FILL, what, data, JSON.stringify({ seed, events, day })]);
  chosen ??= chooseDayClosePorts();
  const ports = await chosen;
  const inShop = async <R>(run: (shop: DayCloseShop) => Promise<R>): Promise<R> => {
    const shop = await openDayCloseShop({ folder, data }, ports);
    try {
      return await run(shop);
    } finally {
      await shop.close();
    }
  };
  try {
    onStage("the evening before");
    await fill("before");
    await inShop(shop => closeDay(dayBefore(Date.parse(day)), { shop, nowMs: Date.parse(day) }));
    onStage(`a day of ${events} events happens`);
    const filledMs = performance.now();
    await fill("day");
    const fillSeconds = secondsSince(filledMs);
    return await inShop(async shop => {
      const archived = await archivedOn(day);
      onStage("the night");
      const before = await shop.operations();
      const cpuBefore = shop.cpuSeconds();
      const beganMs = performance.now();
      // Midnight may have passed while the day was made, and of a day that is over for long nothing is recommended.
      const report = await closeDay(day, {
        shop,
        nowMs: Math.min(Date.now(), Date.parse(day) + 2 * DAY_MS - 1),
      });
      const seconds = secondsSince(beganMs);
      return {
        events: archived,
        fillSeconds,
        seconds,
        cpuSeconds: shop.cpuSeconds() - cpuBefore,
        peakBytes: shop.peakBytes(),
        operations: difference(await shop.operations(), before),
        report,
      };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function difference(after: Operations, before: Operations): Operations {
  return {
    reads: after.reads - before.reads,
    writes: after.writes - before.writes,
    deletes: after.deletes - before.deletes,
  };
}

function dayBefore(ms: number): string {
  return new Date(ms - DAY_MS).toISOString().slice(0, 10);
}

function secondsSince(ms: number): number {
  return (performance.now() - ms) / 1000;
}

/** The first look at a day makes the index over days, which in production is there. */
async function archivedOn(day: string): Promise<number> {
  const ofDay = firestore().collection(archivedEvents.name).where("day", "==", day);
  return (await ofDay.count().get()).data().count;
}

/** While the local Firestore makes an index it answers nobody. */
async function isClosed(day: string): Promise<boolean> {
  try {
    return Boolean((await readDocument(dayClosings, day))?.closed_at_ms);
  } catch (error) {
    if (error instanceof FirestoreTooSlow) return false;
    throw error;
  }
}

/** As the schedule does, and then looks until it is over. */
async function closeDay(
  day: string,
  { shop, nowMs }: { shop: DayCloseShop; nowMs: number },
): Promise<DayReport> {
  await startDayClose(day, { nowMs });
  while (!(await isClosed(day))) {
    shop.check();
    await delay(LOOK_MS);
  }
  const report = await readDocument(dayReports, day);
  if (!report) throw new Error(`The day ${day} is closed and has no report`);
  return report;
}
