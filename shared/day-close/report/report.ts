import { products } from "../../collections.ts";
import { canonicalJson } from "../../events/canonical-json.ts";
import { firestore, readDocuments } from "../../google/firestore.ts";
import { categoryAt } from "../../rules/category.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { DAY_MS } from "../../values/durations.ts";
import { hashOf } from "../../values/ids.ts";
import { dayNumbers } from "../aggregate/day-numbers.ts";
import { sumsOfDay } from "../aggregate/day-sums.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import { closingId, dayCloseFindings, dayReports } from "../closing/day-closing.ts";
import type { DayCloseFindings, Finding, Repair } from "../closing/day-report-types.ts";
import type { PageStep } from "../closing/page-step.ts";
import { repairs } from "../closing/repair.ts";
import { readHits } from "../recommend/check-recommended.ts";
import { coverageOf } from "./coverage.ts";
import { readOutlook } from "./outlook.ts";
import { compareWeekdays } from "./weekday.ts";

/** Max repairs in a report. A report is one document, and an operator reads no longer list. */
const MAX_REPAIRS = 200;
/** Max findings per kind. Many findings of one kind must not hide a rare finding, such as an order paid twice. */
const MAX_OF_A_KIND = 50;
/** Max pages of findings that are read. Each page holds at least one finding. */
const MAX_PAGES = 500;

/**
 * Writes the report of the day from the sums of all parts. A later closing has the same numbers and adds its run. The
 * findings are those of the first closing, because stored documents change afterwards.
 */
export const report: PageStep = async ({ dayClosing }, work) => {
  const { day, run, cut_off_ms } = dayClosing;
  const sums = await sumsOfDay(dayClosing);
  const counted = dayNumbers(sums, await categoriesOf(sums, day));
  const numbers = JSON.stringify(counted);
  const before = await work.get(dayReports, day);
  const closings = before?.closings ?? [];
  const findings = before?.findings ?? (await findingsOf(dayClosing));
  const repaired = before?.repairs ?? (await repairsOf(dayClosing));
  const hits = before ? (before.hits ?? null) : ((await readHits(sums)) ?? null);
  const headlines = before?.headlines ?? (await compareWeekdays(day, counted));
  const outlook = before?.outlook ?? (await readOutlook(dayClosing));
  const coverage = before ? before.coverage : await coverageOf(dayClosing);
  const closing = { run, at_ms: work.nowMs, numbers_hash: hashOf(numbers) };
  work.set(dayReports, day, {
    day,
    cut_off_ms,
    numbers,
    headlines,
    outlook,
    findings,
    ...(coverage && { coverage }),
    repairs: repaired,
    hits,
    closings: [...closings, closing],
  });
  return { next: undefined };
};

/** Reads the findings of this closing, sorted by content: the order of the tasks does not change the report. */
async function findingsOf(dayClosing: DayClosing): Promise<Finding[]> {
  const pages = firestore().collection(dayCloseFindings.name).where("closing", "==", closingId(dayClosing));
  const { docs } = await pages.orderBy("__name__").limit(MAX_PAGES).get();
  const found = new Map(
    docs
      .flatMap(page => (page.data() as DayCloseFindings).findings)
      .map(one => [canonicalJson({ ...one }), one]),
  );
  const sorted = [...found.keys()].sort().flatMap(key => found.get(key) ?? []);
  return [...Map.groupBy(sorted, ({ kind }) => kind).values()].flatMap(all => all.slice(0, MAX_OF_A_KIND));
}

async function repairsOf(dayClosing: DayClosing): Promise<Repair[]> {
  const done = firestore().collection(repairs.name).where("closing", "==", closingId(dayClosing));
  const { docs } = await done.orderBy("__name__").limit(MAX_REPAIRS).get();
  // The ids are hashes of the repaired targets: above the limit, every closing reads the same repairs.
  const read = docs.map(document => document.data() as Repair);
  return read.sort((a, b) => (a.target < b.target ? -1 : 1));
}

/** Products per read. */
const PRODUCTS_PER_READ = 300;

/** Reads the category that each product of the day had at the end of the day. */
async function categoriesOf(sums: Sums, day: string): Promise<Map<string, string>> {
  const ids = [...sums.keys()].flatMap(key => (key.startsWith(PRODUCT) ? [key.slice(PRODUCT.length)] : []));
  const found = new Map<string, string>();
  for (let at = 0; at < ids.length; at += PRODUCTS_PER_READ) {
    const some = ids.slice(at, at + PRODUCTS_PER_READ);
    const known = await readDocuments(products, some);
    for (const [index, id] of some.entries()) {
      const category = categoryAt(known[index]?.categories, Date.parse(day) + DAY_MS);
      if (category !== undefined) found.set(id, category);
    }
  }
  return found;
}

const PRODUCT = "product ";
