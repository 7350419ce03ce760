import { readDays } from "../../analytics/read-days.ts";
import { isAnyLeft, readProgress } from "../../analytics/traffic/cursor.ts";
import { BROWSE_GROUPS } from "../../analytics/traffic/index-fields.ts";
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
import type { DayClosing } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { inTens } from "../closing/pages.ts";
import { recordRepair } from "../closing/repair.ts";
import type { Step } from "../closing/step.ts";
import { checkRows, FIRST_ROWS } from "./check-rows.ts";
import { counterFindings } from "./counter-findings.ts";

const ANALYTICS = "analytics";
const BROWSE = ["views", "searches"];

/**
 * Compares the day's counters with its events, and puts them right where nothing is still to be counted: then they are
 * nothing but what the events add up to.
 */
export const checkCounters: Step = async ({ night, day, run, after }, work) => {
  if (night.run > 1) return { sums: new Map(), next: undefined };
  const sums = await sumsOfDay(night);
  const isBrowseCounted = await isAllBrowseCounted(night);
  const isSafe = await isNothingLate(night, sums);
  if (after !== "") return { sums: new Map(), ...(await checkRows({ day, run, after, sums }, work)) };
  // Of what is not all counted yet, or heard of late, single rows cannot be right.
  const next = isBrowseCounted && isSafe ? FIRST_ROWS : undefined;
  const compare = (counted: Tally = {}) =>
    counterFindings({ expected: sums.get(TOTAL) ?? {}, counted, isBrowseCounted });
  const [counted] = await readDays([day]);
  // Nobody has to wait for what is right.
  if (compare(counted).length === 0) return { sums: new Map(), next };
  const { live } = (await work.get(generations, ANALYTICS)) ?? FIRST;
  const counters = inGeneration({ reaction: ANALYTICS, generation: live }, dayCounters);
  const found = await work.getAll(counters, shardIds(day, COUNTER_SHARDS));
  const flood = await work.getAll(browseDays, shardIds(day, BROWSE_GROUPS));
  const findings = compare(sumTallies([...found.map(tally => tally ?? {}), ...flood.map(browseIn)]));
  const isBrowse = ({ about }: Finding) => BROWSE.includes(about);
  const repairs = { day, run, work };
  // What is not counted yet of the flood is no finding.
  if (isSafe) addMissing(browseDays, findings.filter(isBrowse), repairs);
  if (isSafe && (await isAllCounted(night, { sums, live })))
    addMissing(
      counters,
      findings.filter(one => !isBrowse(one)),
      repairs,
    );
  return { sums: new Map(), findings, next };
};

function shardIds(day: string, shards: number): string[] {
  return Array.from({ length: shards }, (_, shard) => dayShardId(day, shard));
}

function browseIn(share: Partial<BrowseDay> = {}): Tally {
  return { views: share.views ?? 0, searches: share.searches ?? 0 };
}

/** What is missing (or too much) is added to one of the documents that together hold the day's numbers. */
function addMissing<T extends object>(
  { name }: Collection<T>,
  wrong: readonly Finding[],
  { day, run, work }: { day: string; run: number; work: Work },
): void {
  if (wrong.length === 0) return;
  const missing = wrong.map(({ about, expected, found }) => [about, Number(expected) - Number(found)]);
  work.increment<Record<string, number>>({ name }, dayShardId(day, 0), Object.fromEntries(missing));
  for (const { about, expected, found } of wrong) {
    const target = `the counter ${about} of ${day}`;
    recordRepair({ target, before: found, after: expected }, { closing: { day, run }, work });
  }
}

async function isAllBrowseCounted({ cut_off_ms }: DayClosing): Promise<boolean> {
  const { countedThrough } = await readProgress();
  return !(await isAnyLeft(countedThrough, timestamp(cut_off_ms)));
}

/** An event of the day that was archived after the cut-off is counted, and not among the sums. */
async function isNothingLate({ day }: DayClosing, sums: Sums): Promise<boolean> {
  const ofDay = firestore().collection(archivedEvents.name).where("day", "==", day);
  const { count } = (await ofDay.count().get()).data();
  const covered = [...sums].filter(([key]) => key.startsWith("type "));
  return count === covered.reduce((all, [, { events = 0 }]) => all + events, 0);
}

/** Whether the reaction has handled all: what it handles later, or again, it counts itself. */
async function isAllCounted(
  { day }: DayClosing,
  { sums, live }: { sums: Sums; live: number },
): Promise<boolean> {
  const by = ledgerIdIn(live, ANALYTICS);
  const types = COUNTED_TYPES.filter(type => sums.has(`type ${type}`));
  const handled = await inTens(types, async event_type => {
    const entries = firestore()
      .collection(ledger.name)
      .where("counted_as", "==", countKey({ by, day, event_type }));
    return (await entries.where("state", "in", ["done", "skipped"]).count().get()).data().count;
  });
  return types.every((type, index) => sums.get(`type ${type}`)?.["events"] === handled[index]);
}
