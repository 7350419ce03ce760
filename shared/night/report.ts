import { readDays } from "../analytics/read-days.ts";
import { isAnyLeft, readProgress } from "../flood/flood-cursor.ts";
import { firestore, timestamp } from "../google/firestore.ts";
import { hashOf } from "../pipeline/ids.ts";
import type { Sums } from "../rules/night-sums.ts";
import { addEntries, TOTAL } from "../rules/night-sums.ts";
import { chunksOf, readChunk } from "./chunks.ts";
import { counterFindings } from "./counter-findings.ts";
import { dayNumbers } from "./day-numbers.ts";
import type { Finding, Night, NightFindings, PartKind } from "./night.ts";
import { closingId, dayReports, nightFindings, partsOf } from "./night.ts";
import type { Repair } from "./repair.ts";
import { repairs } from "./repair.ts";
import type { Step } from "./step.ts";

/** More are of no use to whoever reads them, and a report is one document. */
const MAX_FINDINGS = 200;

/**
 * Puts together what the parts have added up. A later closing comes to the same numbers, and is noted as such; what
 * was found is found at the first one, because what the events are compared with goes on changing.
 */
export const report: Step = async ({ night }, work) => {
  const { day, run, cut_off_ms } = night;
  const sums = await sumsOfParts(night);
  const numbers = JSON.stringify(dayNumbers(sums));
  const before = await work.get(dayReports, day);
  const closings = before?.closings ?? [];
  const findings = before?.findings ?? (await findingsOf(night, sums));
  const repaired = before?.repairs ?? (await repairsOf(night));
  const closing = { run, at_ms: work.nowMs, numbers_hash: hashOf(numbers) };
  work.set(dayReports, day, {
    day,
    cut_off_ms,
    numbers,
    findings,
    repairs: repaired,
    closings: [...closings, closing],
  });
  return { sums: new Map(), next: undefined };
};

/** A chunk at a time: what is held grows with the products and terms of the day, some 200 bytes each. */
async function sumsOfParts(night: Night): Promise<Sums> {
  const sums: Sums = new Map();
  const parts = [...partsOf(0, night), ...partsOf(1, night)].filter(({ kind }) => COUNTING.includes(kind));
  for (const part of parts)
    for (const id of await chunksOf(night, part)) addEntries(sums, await readChunk(id));
  return sums;
}

const COUNTING: readonly PartKind[] = ["archive", "mails", "facts"];

/** Found by the pages of this closing, in an order that does not depend on who was faster. */
async function findingsOfPages(night: Night): Promise<Finding[]> {
  const pages = firestore().collection(nightFindings.name).where("closing", "==", closingId(night));
  const { docs } = await pages.orderBy("__name__").limit(MAX_FINDINGS).get();
  return docs.flatMap(page => (page.data() as NightFindings).findings).slice(0, MAX_FINDINGS);
}

async function repairsOf(night: Night): Promise<Repair[]> {
  const done = firestore().collection(repairs.name).where("closing", "==", closingId(night));
  const { docs } = await done.orderBy("__name__").limit(MAX_FINDINGS).get();
  return docs.map(document => document.data() as Repair);
}

async function findingsOf(night: Night, sums: Sums): Promise<Finding[]> {
  const { day, cut_off_ms } = night;
  const [[counted = {}], { countedThrough }] = await Promise.all([readDays([day]), readProgress()]);
  const isFloodCounted = !(await isAnyLeft(countedThrough, timestamp(cut_off_ms)));
  const counters = counterFindings({ expected: sums.get(TOTAL) ?? {}, counted, isFloodCounted });
  return [...counters, ...(await findingsOfPages(night))];
}
