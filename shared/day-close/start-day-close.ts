import { documentRef, firestore } from "../google/firestore.ts";
import type { UnitOfWork } from "../pipeline/process/run-unit-of-work.ts";
import { runUnitOfWork } from "../pipeline/process/run-unit-of-work.ts";
import { archivedEvents } from "../pipeline/records/archived-event.ts";
import type { Skip } from "../pipeline/skip.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";
import { DAY_MS, MINUTE_MS } from "../values/durations.ts";
import { hashOf } from "../values/ids.ts";
import type { DayClosing } from "./closing/day-closing.ts";
import { armPage, dayCloseParts, dayClosings, partId, partName, partsOf } from "./closing/day-closing.ts";
import { userShares } from "./recommend/user-shares.ts";

export const CLOSE_DAY = "close-day";

/** Sizes of shards and pages. The numbers of the day do not depend on them. */
export interface DayCloseSize {
  eventsOfAShard: number;
  /** Events, facts or mails per read. */
  pageSize: number;
}

const SIZE: DayCloseSize = {
  eventsOfAShard: 25_000,
  // The largest events, 256 KiB each, make a page of 32 MiB; typical events make some 100 KiB.
  pageSize: 125,
};

/** Max shards of a day: the max number of its tasks that run at the same time. */
const MAX_SHARDS = 16;

export interface StartOptions {
  nowMs: number;
  /** Closes a closed day once more, over the same events. Absent: a closed day stays as it is. */
  again?: boolean;
  size?: DayCloseSize;
}

export interface StartedDayClose {
  run: number;
  /** `begun` by this call; `resumed`: its lost tasks were posted again; `closed before`: nothing was done. */
  did: "begun" | "resumed" | "closed before";
}

/**
 * Begins the closing of a past day: its cut-off, its shards and a task for each shard. If a closing runs, its tasks are
 * posted again in case they were lost: a finished page never runs twice.
 */
export async function startDayClose(day: string, options: StartOptions): Promise<StartedDayClose> {
  const { nowMs, again = false, size = SIZE } = options;
  const snapshot = await documentRef(dayClosings, day).get();
  const before = snapshot.data() as DayClosing | undefined;
  if (before && before.closed_at_ms === null) {
    const id = `${day}.${before.run}.${Math.floor(nowMs / MINUTE_MS)}`;
    await runUnitOfWork(unitOf(id, { day, nowMs }), postTasksAgain(before));
    return { run: before.run, did: "resumed" };
  }
  if (before && !again) return { run: before.run, did: "closed before" };
  const run = (before?.run ?? 0) + 1;
  const recommends = run === 1 && nowMs < Date.parse(day) + 2 * DAY_MS;
  const closing: DayClosing = {
    day,
    run,
    // Firestore's own time: every commit after this read has a later one.
    cut_off_ms: before?.cut_off_ms ?? snapshot.readTime.toMillis(),
    shards: await shardsOf(day, size),
    page_size: size.pageSize,
    recommends,
    ...(recommends ? await userShares() : { user_borders: [], buckets: 1 }),
    phase: 0,
    open: [],
    started_at_ms: nowMs,
    closed_at_ms: null,
  };
  await runUnitOfWork(unitOf(`${day}.${run}`, { day, nowMs }), begin(closing));
  return { run, did: "begun" };
}

function unitOf(id: string, { day, nowMs }: { day: string; nowMs: number }): UnitOfWork {
  return { by: CLOSE_DAY, id, nowMs, subject: day, correlationId: hashOf(CLOSE_DAY, id) };
}

function begin(closing: DayClosing): (work: Work) => Promise<Skip | void> {
  const { day, run } = closing;
  return async (work): Promise<Skip | void> => {
    const found = await work.get(dayClosings, day);
    if (found && found.run >= run) return skip("another call began this closing");
    const parts = partsOf(0, closing);
    work.set(dayClosings, day, { ...closing, open: parts.map(partName) });
    for (const part of parts) armPage({ day, run, part, page: 0 }, work);
  };
}

function postTasksAgain({ day, run }: DayClosing): (work: Work) => Promise<Skip | void> {
  return async (work): Promise<Skip | void> => {
    const closing = await work.get(dayClosings, day);
    if (closing?.run !== run || closing.closed_at_ms !== null) return skip("the closing is complete");
    const parts = partsOf(closing.phase, closing).filter(part => closing.open.includes(partName(part)));
    const found = await work.getAll(
      dayCloseParts,
      parts.map(part => partId({ day, run, part })),
    );
    for (const [index, part] of parts.entries()) {
      // A task needs a new name: the name of the lost task stays blocked.
      armPage({ day, run, part, page: found[index]?.page ?? 0 }, work, `.${work.nowMs}`);
    }
  };
}

async function shardsOf(day: string, { eventsOfAShard }: DayCloseSize): Promise<number> {
  const ofDay = firestore().collection(archivedEvents.name).where("day", "==", day);
  const { count } = (await ofDay.count().get()).data();
  return Math.min(MAX_SHARDS, Math.max(1, Math.ceil(count / eventsOfAShard)));
}
