import { isAnyLeft, readProgress } from "../../analytics/browse/cursor.ts";
import { BROWSE_GROUPS } from "../../analytics/browse/index-fields.ts";
import { readDays } from "../../analytics/read-days.ts";
import type { BrowseDay } from "../../collections.ts";
import { browseDays, dayCounters } from "../../collections.ts";
import type { Collection } from "../../google/firestore.ts";
import { firestore, timestamp } from "../../google/firestore.ts";
import { archivedEvents } from "../../pipeline/records/archived-event.ts";
import { FIRST, generations, inGeneration, ledgerIdIn } from "../../pipeline/records/generation.ts";
import { countKey, ledger } from "../../pipeline/records/ledger.ts";
import type { Work } from "../../pipeline/work.ts";
import type { Tally } from "../../rules/counting/daily-facts.ts";
import { COUNTED_TYPES, sumTallies } from "../../rules/counting/daily-facts.ts";
import { COUNTER_SHARDS, dayShardId } from "../../rules/counting/day-shards.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { TOTAL } from "../../rules/counting/day-sums.ts";
import { sumsOfDay } from "../aggregate/day-sums.ts";
import type { ClosingKey, DayClosing } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageStep } from "../closing/page-step.ts";
import { inTens } from "../closing/pages.ts";
import { recordRepair } from "../closing/repair.ts";
import { checkRows, FIRST_ROWS } from "./check-rows.ts";
import { BROWSE_COUNTERS, counterFindings } from "./counter-findings.ts";

const ANALYTICS = "analytics";

/**
 * Compares the day's counters with its events. Counters are sums of events, so a wrong counter can be repaired. While
 * an event of the day waits to be counted, a difference is reported only.
 */
export const checkCounters: PageStep = async ({ dayClosing, day, run, after }, work) => {
  if (dayClosing.run > 1) return { next: undefined };
  const sums = await sumsOfDay(dayClosing);
  const isBrowseCounted = await isAllBrowseCounted(dayClosing);
  const isSafe = await isNothingLate(dayClosing, sums);
  if (after !== "") return checkRows({ day, run, after, sums }, work);
  // Single rows cannot be right while browse events are not counted, or were archived after the cut-off.
  const next = isBrowseCounted && isSafe ? FIRST_ROWS : undefined;
  const compare = (counted: Tally = {}) =>
    counterFindings({ expected: sums.get(TOTAL) ?? {}, counted, isBrowseCounted });
  const [counted] = await readDays([day]);
  // Right counters stay out of the unit of work, so no reaction contends with it.
  if (compare(counted).length === 0) return { next };
  const { live } = (await work.get(generations, ANALYTICS)) ?? FIRST;
  const counters = inGeneration({ reaction: ANALYTICS, generation: live }, dayCounters);
  const found = await work.getAll(counters, shardIds(day, COUNTER_SHARDS));
  const browse = await work.getAll(browseDays, shardIds(day, BROWSE_GROUPS));
  const findings = compare(sumTallies([...found.map(tally => tally ?? {}), ...browse.map(browseTally)]));
  const isBrowse = ({ about }: Finding) => BROWSE_COUNTERS.includes(about);
  const repairs = { closing: { day, run }, work };
  // Browse events that are not counted yet make no finding.
  if (isSafe) addMissing(browseDays, findings.filter(isBrowse), repairs);
  if (isSafe && (await isAllCounted(dayClosing, { sums, live })))
    addMissing(
      counters,
      findings.filter(one => !isBrowse(one)),
      repairs,
    );
  return { findings, next };
};

function shardIds(day: string, shards: number): string[] {
  return Array.from({ length: shards }, (_, shard) => dayShardId(day, shard));
}

function browseTally(share: Partial<BrowseDay> = {}): Tally {
  return { views: share.views ?? 0, searches: share.searches ?? 0 };
}

/** Adds the missing amounts, which may be negative, to the first of the documents that hold the day's counters. */
function addMissing<T extends object>(
  { name }: Collection<T>,
  wrong: readonly Finding[],
  { closing, work }: { closing: ClosingKey; work: Work },
): void {
  if (wrong.length === 0) return;
  const { day } = closing;
  const missing = wrong.map(({ about, expected, found }) => [about, Number(expected) - Number(found)]);
  work.increment<Record<string, number>>({ name }, dayShardId(day, 0), Object.fromEntries(missing));
  for (const { about, expected, found } of wrong) {
    const target = `the counter ${about} of ${day}`;
    recordRepair({ target, before: found, after: expected }, { closing, work });
  }
}

async function isAllBrowseCounted({ cut_off_ms }: DayClosing): Promise<boolean> {
  const { countedThrough } = await readProgress();
  return !(await isAnyLeft(countedThrough, timestamp(cut_off_ms)));
}

/** Tells whether all events of the day were archived before the cut-off. A later one is in the counters only. */
async function isNothingLate({ day }: DayClosing, sums: Sums): Promise<boolean> {
  const ofDay = firestore().collection(archivedEvents.name).where("day", "==", day);
  const { count } = (await ofDay.count().get()).data();
  const covered = [...sums].filter(([key]) => key.startsWith("type "));
  return count === covered.reduce((all, [, { events = 0 }]) => all + events, 0);
}

/**
 * Tells whether the reaction has handled the archived events and no others. An event handled later is counted by the
 * reaction itself. An event that only the reaction has handled is lost from the archive, so its counter may be right.
 */
async function isAllCounted(
  { day }: DayClosing,
  { sums, live }: { sums: Sums; live: number },
): Promise<boolean> {
  const by = ledgerIdIn(live, ANALYTICS);
  const handled = await inTens(COUNTED_TYPES, async event_type => {
    const entries = firestore()
      .collection(ledger.name)
      .where("counted_as", "==", countKey({ by, day, event_type }));
    return (await entries.where("state", "in", ["done", "skipped"]).count().get()).data().count;
  });
  return COUNTED_TYPES.every((type, index) => (sums.get(`type ${type}`)?.["events"] ?? 0) === handled[index]);
}
