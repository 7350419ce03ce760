import { documentRef, firestore } from "../google/firestore.ts";
import { performOrSkip, relayPerformed } from "../pipeline/process/commit.ts";
import { archivedEvents } from "../pipeline/records/archived-event.ts";
import { ledgerId } from "../pipeline/records/ledger.ts";
import type { Cause } from "../pipeline/records/ledger-entry.ts";
import { DELIVERY } from "../pipeline/records/ledger-state.ts";
import type { Skip } from "../pipeline/skip.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";
import { DAY_MS, MINUTE_MS } from "../values/durations.ts";
import { hashOf } from "../values/ids.ts";
import type { DayClosing } from "./closing/day-closing.ts";
import { armPage, dayCloseParts, dayClosings, partId, partName, partsOf } from "./closing/day-closing.ts";
import { userShares } from "./recommend/user-shares.ts";

export const CLOSE_DAY = "close-day";

/** In what pieces a day is worked on: its numbers do not depend on it. */
export interface DayCloseSize {
  eventsOfAShard: number;
  /** Events, facts or mails that are read at a time. */
  pageSize: number;
}

const SIZE: DayCloseSize = {
  eventsOfAShard: 25_000,
  // With the largest events, 256 KiB each, 32 MiB; with such as there are, some 100 KiB.
  pageSize: 125,
};

/** As many tasks are under way at a time. */
const MAX_SHARDS = 16;

export interface StartOptions {
  nowMs: number;
  /** A day that was closed is closed once more, over the same events. */
  again?: boolean;
  size?: DayCloseSize;
}

export interface StartedDayClose {
  run: number;
  /** Whether this call has begun it, had its lost tasks made up for, or found it over. */
  did: "begun" | "driven on" | "closed before";
}

/**
 * Begins the closing of a day that is over: its cut-off, its shards and a task for each. Where one is under way its
 * tasks are posted again, should they have been lost: a page that was done is not done twice.
 */
export async function startDayClose(day: string, options: StartOptions): Promise<StartedDayClose> {
  const { nowMs, again = false, size = SIZE } = options;
  const snapshot = await documentRef(dayClosings, day).get();
  const before = snapshot.data() as DayClosing | undefined;
  if (before && before.closed_at_ms === null) {
    await inOneWork(`${day}.${before.run}.${Math.floor(nowMs / MINUTE_MS)}`, { day, nowMs }, driveOn(before));
    return { run: before.run, did: "driven on" };
  }
  if (before && !again) return { run: before.run, did: "closed before" };
  const run = (before?.run ?? 0) + 1;
  const recommends = run === 1 && nowMs < Date.parse(day) + 2 * DAY_MS;
  const night: DayClosing = {
    day,
    run,
    // Firestore's own time: whatever is committed after this read has a later one.
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
  await inOneWork(`${day}.${run}`, { day, nowMs }, begin(night));
  return { run, did: "begun" };
}

function begin(night: DayClosing): (work: Work) => Promise<Skip | undefined> {
  const { day, run } = night;
  return async work => {
    const found = await work.get(dayClosings, day);
    if (found && found.run >= run) return skip("somebody else has begun it");
    const parts = partsOf(0, night);
    work.set(dayClosings, day, { ...night, open: parts.map(partName) });
    for (const part of parts) armPage({ day, run, part, page: 0 }, work);
    return undefined;
  };
}

function driveOn({ day, run }: DayClosing): (work: Work) => Promise<Skip | undefined> {
  return async work => {
    const night = await work.get(dayClosings, day);
    if (night?.run !== run || night.closed_at_ms !== null) return skip("it is over");
    const parts = partsOf(night.phase, night).filter(part => night.open.includes(partName(part)));
    const found = await work.getAll(
      dayCloseParts,
      parts.map(part => partId({ day, run, part })),
    );
    for (const [index, part] of parts.entries()) {
      // The name it had is used.
      armPage({ day, run, part, page: found[index]?.page ?? 0 }, work, `.${work.nowMs}`);
    }
    return undefined;
  };
}

async function inOneWork(
  id: string,
  { day, nowMs }: { day: string; nowMs: number },
  body: (work: Work) => Promise<Skip | undefined>,
): Promise<void> {
  const cause: Cause = {
    producer: CLOSE_DAY,
    id,
    event_type: "timer",
    subject: day,
    fingerprint: "",
    correlation_id: hashOf(CLOSE_DAY, id),
  };
  const attempt = { ledgerId: ledgerId(CLOSE_DAY, cause), by: CLOSE_DAY, cause, nowMs, origin: DELIVERY };
  await relayPerformed(attempt, await performOrSkip(attempt, body));
}

async function shardsOf(day: string, { eventsOfAShard }: DayCloseSize): Promise<number> {
  const ofDay = firestore().collection(archivedEvents.name).where("day", "==", day);
  const { count } = (await ofDay.count().get()).data();
  return Math.min(MAX_SHARDS, Math.max(1, Math.ceil(count / eventsOfAShard)));
}
