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
import { repairs } from "../closing/repair.ts";
import type { Step } from "../closing/step.ts";
import { readHits } from "../recommend/check-recommended.ts";

/** More are of no use to whoever reads them, and a report is one document. */
const MAX_REPAIRS = 200;
/** A reaction that handled nothing all day must not hide the order that was paid twice. */
const MAX_OF_A_KIND = 50;
/** Each holds at least one finding. */
const MAX_PAGES = 500;

/**
 * Puts together what the parts have added up. A later closing comes to the same numbers, and is noted as such; what
 * was found is found at the first one, because what the events are compared with goes on changing.
 */
export const report: Step = async ({ night }, work) => {
  const { day, run, cut_off_ms } = night;
  const sums = await sumsOfDay(night);
  const numbers = JSON.stringify(dayNumbers(sums, await categoriesOf(sums, day)));
  const before = await work.get(dayReports, day);
  const closings = before?.closings ?? [];
  const findings = before?.findings ?? (await findingsOf(night));
  const repaired = before?.repairs ?? (await repairsOf(night));
  const met = before ? (before.met ?? null) : ((await readHits(sums)) ?? null);
  const closing = { run, at_ms: work.nowMs, numbers_hash: hashOf(numbers) };
  work.set(dayReports, day, {
    day,
    cut_off_ms,
    numbers,
    findings,
    repairs: repaired,
    met,
    closings: [...closings, closing],
  });
  return { sums: new Map(), next: undefined };
};

/** Found by the pages of this closing, in an order that does not depend on who was faster. */
async function findingsOf(night: DayClosing): Promise<Finding[]> {
  const pages = firestore().collection(dayCloseFindings.name).where("closing", "==", closingId(night));
  const { docs } = await pages.orderBy("__name__").limit(MAX_PAGES).get();
  const found = new Map(
    docs
      .flatMap(page => (page.data() as DayCloseFindings).findings)
      .map(one => [canonicalJson({ ...one }), one]),
  );
  const sorted = [...found.keys()].sort().flatMap(key => found.get(key) ?? []);
  return [...Map.groupBy(sorted, ({ kind }) => kind).values()].flatMap(all => all.slice(0, MAX_OF_A_KIND));
}

async function repairsOf(night: DayClosing): Promise<Repair[]> {
  const done = firestore().collection(repairs.name).where("closing", "==", closingId(night));
  const { docs } = await done.orderBy("__name__").limit(MAX_REPAIRS).get();
  // Their ids are hashes of what was put right: of more, each night shows the same.
  const shown = docs.map(document => document.data() as Repair);
  return shown.sort((a, b) => (a.target < b.target ? -1 : 1));
}

const READ_AT_ONCE = 300;

/** What each product of the day was filed under at its end. */
async function categoriesOf(sums: Sums, day: string): Promise<Map<string, string>> {
  const ids = [...sums.keys()].flatMap(key => (key.startsWith(PRODUCT) ? [key.slice(PRODUCT.length)] : []));
  const found = new Map<string, string>();
  for (let at = 0; at < ids.length; at += READ_AT_ONCE) {
    const some = ids.slice(at, at + READ_AT_ONCE);
    const known = await readDocuments(products, some);
    for (const [index, id] of some.entries()) {
      const category = categoryAt(known[index]?.categories, Date.parse(day) + DAY_MS);
      if (category !== undefined) found.set(id, category);
    }
  }
  return found;
}

const PRODUCT = "product ";
