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
import type { PageInput, PageStep } from "../closing/page-step.ts";
import { inTens } from "../closing/pages.ts";
import { recordRepair } from "../closing/repair.ts";
import { checkRows, confirmedByRows, FIRST_ROWS } from "./check-rows.ts";
import { addCountedFacts, COUNTED } from "./counted-facts.ts";
import { BROWSE_COUNTERS, counterFindings } from "./counter-findings.ts";

const ANALYTICS = "analytics";

/** Starts of the pages behind the first one: the counted facts, then the decision, then single rows. */
const FACTS = "facts ";
const DECIDE = "decide";

/**
 * Compares the day's counters with its events. Where they differ, the counted facts are read as the second witness: each
 * holds its share of the counters. A wrong counter is repaired when events and counted facts agree. A difference is
 * reported only while an event of the day is late or not counted.
 */
export const checkCounters: PageStep = async (page, work) => {
  const { dayClosing, day, run, after } = page;
  if (run > 1) return { next: undefined };
  const sums = await sumsOfDay(dayClosing);
  const isBrowseCounted = await isAllBrowseCounted(dayClosing);
  const isSafe = await isNothingLate(dayClosing, sums);
  // Single rows cannot be right while browse events are not counted.
  const rows = isBrowseCounted ? FIRST_ROWS : undefined;
  const known = { sums, isBrowseCounted, isSafe };
  if (after === "") {
    const [counted = {}] = await readDays([day]);
    // Right counters stay out of the unit of work, so no reaction contends with it.
    return { next: differing(counted, known).length === 0 ? rows : FACTS };
  }
  if (after.startsWith(FACTS)) {
    const { sums: counted, next } = await addCountedFacts(dayClosing, after.slice(FACTS.length));
    return { sums: counted, next: next === undefined ? DECIDE : `${FACTS}${next}` };
  }
  if (after === DECIDE) return { findings: await decide(page, known, work), next: rows };
  return checkRows({ day, run, after, sums, isSafe }, work);
};

interface Known {
  sums: Sums;
  isBrowseCounted: boolean;
  isSafe: boolean;
}

function differing(counted: Tally, { sums, isBrowseCounted }: Known): Finding[] {
  return counterFindings({ expected: sums.get(TOTAL) ?? {}, counted, isBrowseCounted });
}

/** Names the wrong counters, and repairs those that events and counted facts agree about. */
async function decide(
  { dayClosing, day, run, soFar }: PageInput,
  known: Known,
  work: Work,
): Promise<Finding[]> {
  const { live } = (await work.get(generations, ANALYTICS)) ?? FIRST;
  const counters = inGeneration({ reaction: ANALYTICS, generation: live }, dayCounters);
  const found = await work.getAll(counters, shardIds(day, COUNTER_SHARDS));
  const browse = await work.getAll(browseDays, shardIds(day, BROWSE_GROUPS));
  const counted = sumTallies([...found.map(tally => tally ?? {}), ...browse.map(browseTally)]);
  const findings = differing(counted, known);
  const byFacts = soFar.get(COUNTED) ?? {};
  const isProven = ({ about, expected }: Finding) => (byFacts[about] ?? 0) === expected;
  const isBrowse = ({ about }: Finding) => BROWSE_COUNTERS.includes(about);
  const repairs = { closing: { day, run }, work };
  const { sums, isSafe } = known;
  if (isSafe) {
    const proven = await confirmedByRows(day, sums);
    addMissing(
      browseDays,
      findings.filter(({ about }) => proven.has(about)),
      repairs,
    );
  }
  if (isSafe && (await isAllCounted(dayClosing, { sums, live })))
    addMissing(
      counters,
      findings.filter(one => !isBrowse(one) && isProven(one)),
      repairs,
    );
  return findings.map(one => (isBrowse(one) || isProven(one) ? one : withFacts(one, byFacts)));
}

/** Adds the statement of the counted facts to a finding that they contradict. */
function withFacts(finding: Finding, byFacts: Tally): Finding {
  const { about, expected, found } = finding;
  const text = `${found} by the counters; ${expected} by the events; ${byFacts[about] ?? 0} by the counted facts`;
  return { ...finding, found: text };
}

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
