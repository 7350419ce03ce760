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
import type { DayCloseCloud, DayClosePorts } from "./day-close-cloud.ts";
import { chooseDayClosePorts, openDayCloseCloud } from "./day-close-cloud.ts";

/** Cost and result of the closing of a generated day. */
export interface ClosedDay {
  /** Events in the archive of the day: reported ones, and those that the shop announced. */
  events: number;
  fillSeconds: number;
  seconds: number;
  /** Processor time of the functions, in seconds. */
  cpuSeconds: number;
  /** Peak memory of the largest instance, in bytes. */
  peakBytes: number;
  operations: Operations;
  report: DayReport;
}

export interface ClosingOptions {
  seed: number;
  events: number;
  onStage?: (name: string) => void;
}

const POLL_MS = 250;
const FILL = fileURLToPath(new URL("../fill/fill.ts", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** Ports of this process' local cloud. A process reads its configuration once, so every closing uses the same ports. */
let chosenPorts: Promise<DayClosePorts> | undefined;

/**
 * Closes the day before a generated day, so that users have recommendations. Then fills the generated day and closes
 * it. The recommendations know nothing of the generated day.
 */
export async function closeFilledDay({
  seed,
  events,
  onStage = () => undefined,
}: ClosingOptions): Promise<ClosedDay> {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-day-close-"));
  const data = join(folder, "data");
  const day = dayBefore(Date.now());
  // The bundles load the functions-framework from there.
  symlinkSync(MODULES, join(folder, "node_modules"));
  const fill = (step: "before" | "day") =>
    promisify(execFile)(process.execPath, [FILL, step, data, JSON.stringify({ seed, events, day })]);
  chosenPorts ??= chooseDayClosePorts();
  const ports = await chosenPorts;
  const inCloud = async <R>(run: (cloud: DayCloseCloud) => Promise<R>): Promise<R> => {
    const cloud = await openDayCloseCloud({ folder, data }, ports);
    try {
      return await run(cloud);
    } finally {
      await cloud.close();
    }
  };
  try {
    onStage("closing the day before");
    await fill("before");
    await inCloud(cloud => closeDay(dayBefore(Date.parse(day)), { cloud, nowMs: Date.parse(day) }));
    onStage(`filling a day of ${events} events`);
    const filledMs = performance.now();
    await fill("day");
    const fillSeconds = secondsSince(filledMs);
    onStage("closing the day");
    return { ...(await inCloud(cloud => measureClosing(day, cloud))), fillSeconds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureClosing(day: string, cloud: DayCloseCloud): Promise<Omit<ClosedDay, "fillSeconds">> {
  const events = await archivedOn(day);
  const before = await cloud.operations();
  const cpuBefore = cloud.cpuSeconds();
  const startedMs = performance.now();
  // Midnight may have passed while the day was filled, and the closing of an older day recommends nothing.
  const nowMs = Math.min(Date.now(), Date.parse(day) + 2 * DAY_MS - 1);
  const report = await closeDay(day, { cloud, nowMs });
  const seconds = secondsSince(startedMs);
  return {
    events,
    seconds,
    cpuSeconds: cloud.cpuSeconds() - cpuBefore,
    peakBytes: cloud.peakBytes(),
    operations: difference(await cloud.operations(), before),
    report,
  };
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

/** Counts the archived events of a day. This first query creates the local index over days, which production has. */
async function archivedOn(day: string): Promise<number> {
  const ofDay = firestore().collection(archivedEvents.name).where("day", "==", day);
  return (await ofDay.count().get()).data().count;
}

/** Tells whether the closing is over. The local Firestore answers no query while it creates an index. */
async function isClosed(day: string): Promise<boolean> {
  try {
    return Boolean((await readDocument(dayClosings, day))?.closed_at_ms);
  } catch (error) {
    if (error instanceof FirestoreTooSlow) return false;
    throw error;
  }
}

/** Starts a closing like the schedule and polls until it is over. */
async function closeDay(
  day: string,
  { cloud, nowMs }: { cloud: DayCloseCloud; nowMs: number },
): Promise<DayReport> {
  await startDayClose(day, { nowMs });
  while (!(await isClosed(day))) {
    cloud.check();
    await delay(POLL_MS);
  }
  const report = await readDocument(dayReports, day);
  if (!report) throw new Error(`Report of ${day} missing: expected one after the closing`);
  return report;
}
