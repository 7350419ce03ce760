import { readDays } from "../analytics/read-days.ts";
import { readProgress } from "../flood/flood-cursor.ts";
import { readDocument } from "../google/firestore.ts";
import { hashOf } from "../pipeline/ids.ts";
import type { Sums } from "../rules/night-sums.ts";
import { addEntries, TOTAL } from "../rules/night-sums.ts";
import { counterFindings } from "./counter-findings.ts";
import { dayNumbers } from "./day-numbers.ts";
import type { Finding, Night } from "./night.ts";
import { dayReports, nightChunks, nightParts, partId, partsOf } from "./night.ts";
import type { Step } from "./step.ts";
import { sumsIn } from "./sums-text.ts";

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
  const closing = { run, at_ms: work.nowMs, numbers_hash: hashOf(numbers) };
  work.set(dayReports, day, { day, cut_off_ms, numbers, findings, closings: [...closings, closing] });
  return { sums: new Map(), next: undefined };
};

/** A chunk at a time: what is held grows with the products and terms of the day, some 200 bytes each. */
async function sumsOfParts({ day, run, shards }: Night): Promise<Sums> {
  const sums: Sums = new Map();
  for (const part of [...partsOf(0, shards), ...partsOf(1, shards)]) {
    const id = partId({ day, run, part });
    const { chunks = 0 } = (await readDocument(nightParts, id)) ?? {};
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      const found = await readDocument(nightChunks, `${id}.${chunk}`);
      if (!found) throw new Error(`The chunk ${id}.${chunk} is missing: close the day again.`);
      addEntries(sums, sumsIn(found.sums));
    }
  }
  return sums;
}

async function findingsOf({ day, cut_off_ms }: Night, sums: Sums): Promise<Finding[]> {
  const [[counted = {}], { countedThrough }] = await Promise.all([readDays([day]), readProgress()]);
  const isFloodCounted = countedThrough !== undefined && countedThrough.toMillis() >= cut_off_ms;
  return counterFindings({ expected: sums.get(TOTAL) ?? {}, counted, isFloodCounted });
}
