import { clock } from "../../clock.ts";
import type { Timestamp } from "../../google/firestore.ts";
import { timestamp } from "../../google/firestore.ts";
import { log } from "../../log.ts";
import { countPage } from "./count-page.ts";
import { isAnyLeft, noteProgress, readCursor, readPage, readProgress } from "./cursor.ts";
import { BROWSE_GROUPS } from "./index-fields.ts";

/** How much one run does at most; the next one goes on. */
export interface RollUpLimits {
  /** Events of a page: what it changes stays below the 10 MiB of a commit, whatever the ids and terms in them. */
  pageSize: number;
  /** Of each group: four minutes of 2,000 events a second. */
  pagesPerGroup: number;
  /** Below the deadline of a function's call. */
  budgetMs: number;
}

export const LIMITS: RollUpLimits = { pageSize: 500, pagesPerGroup: 240, budgetMs: 40_000 };

export interface RolledUp {
  events: number;
  pages: number;
  /** Groups with more to count. */
  unfinished: number;
}

/** Counts what was archived of the flood since the last run, as far as it can be counted exactly by now. */
export async function rollUpBrowseEvents(limits: RollUpLimits = LIMITS): Promise<RolledUp> {
  const endsMs = clock.now() + limits.budgetMs;
  const { untilMs, countedThrough } = await readProgress();
  const until = timestamp(untilMs);
  const done: RolledUp = { events: 0, pages: 0, unfinished: 0 };
  if (!(await isAnyLeft(countedThrough, until))) return done;
  const groups = Array.from({ length: BROWSE_GROUPS }, (_, group) =>
    countGroup(group, { until, endsMs, limits }),
  );
  for (const group of await Promise.all(groups)) {
    done.events += group.events;
    done.pages += group.pages;
    if (!group.isFinished) done.unfinished += 1;
  }
  if (done.unfinished === 0) await noteProgress(until);
  return done;
}

async function countGroup(
  group: number,
  { until, endsMs, limits }: { until: Timestamp; endsMs: number; limits: RollUpLimits },
): Promise<{ events: number; pages: number; isFinished: boolean }> {
  const done = { events: 0, pages: 0 };
  try {
    while (done.pages < limits.pagesPerGroup && clock.now() < endsMs) {
      const page = await readPage(await readCursor(group), { until, size: limits.pageSize });
      if (!page) return { ...done, isFinished: true };
      done.pages += 1;
      // Where somebody else was faster, the cursor says where to go on.
      if (await countPage(page)) done.events += page.facts.length;
    }
  } catch (error) {
    // The other groups go on; this one goes on from its cursor, in a minute.
    log("ERROR", "roll-up.failed", { group, error });
  }
  return { ...done, isFinished: false };
}
