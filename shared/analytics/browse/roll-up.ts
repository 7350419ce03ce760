import { clock } from "../../clock.ts";
import type { Timestamp } from "../../google/firestore.ts";
import { timestamp } from "../../google/firestore.ts";
import { log } from "../../log.ts";
import { countPage } from "./count-page.ts";
import { isAnyLeft, noteProgress, readCursor, readPage, readProgress } from "./cursor.ts";
import { BROWSE_GROUPS } from "./index-fields.ts";

/** Limits of one run. The next run continues. */
export interface RollUpLimits {
  /** Events per page. The changes of 500 events stay below the 10 MiB of a commit, with ids and terms of any length. */
  pageSize: number;
  /** Pages per group. 240 pages of four groups hold four minutes of 2,000 events a second. */
  pagesPerGroup: number;
  /** Max duration of a run in milliseconds, below the timeout of the function. */
  budgetMs: number;
}

export const ROLL_UP_LIMITS: RollUpLimits = { pageSize: 500, pagesPerGroup: 240, budgetMs: 40_000 };

export interface RolledUp {
  events: number;
  pages: number;
  /** Number of groups that may have more events to count. */
  unfinished: number;
}

/**
 * Counts the browse events archived since the last run. The newest minutes wait for a later run: only older archive times
 * are final.
 */
export async function rollUpBrowseEvents(limits: RollUpLimits = ROLL_UP_LIMITS): Promise<RolledUp> {
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
      // When another run has counted this page, the cursor tells where to continue.
      if (await countPage(page)) done.events += page.facts.length;
    }
  } catch (error) {
    // The other groups continue. The next run continues this group from its cursor.
    log("ERROR", "roll-up.failed", { group, error });
  }
  return { ...done, isFinished: false };
}
