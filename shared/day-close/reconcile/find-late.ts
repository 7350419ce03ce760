import { firestore, readDocument } from "../../google/firestore.ts";
import { archivedEvents } from "../../pipeline/records/archived-event.ts";
import { DAY_MS } from "../../values/durations.ts";
import { dayReports } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { shareOf } from "../closing/id-range.ts";
import type { PageStep } from "../closing/page-step.ts";

/**
 * Lists the events of the day before that were archived after its cut-off: no report has counted them. One count tells
 * whether there are any; only then the events are read, one page at a time.
 */
export const findLate: PageStep = async ({ dayClosing: { page_size }, day, run, after }) => {
  if (run > 1) return { next: undefined };
  const before = new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10);
  const report = await readDocument(dayReports, before);
  if (!report || (after === "" && !(await isAnyLate(before, report.numbers)))) return { next: undefined };
  const { docs } = await shareOf(archivedEvents, { day: before, shard: 0, shards: 1, after })
    .select("event_type", "producer", "event_id")
    .limit(page_size)
    .get();
  const late = docs.filter(document => document.createTime.toMillis() >= report.cut_off_ms);
  const findings = late.map(
    (document): Finding => ({
      kind: "late",
      about: `${document.get("event_type")} of ${before}`,
      expected: `archived before ${new Date(report.cut_off_ms).toISOString()}`,
      found: `archived at ${document.createTime.toDate().toISOString()}`,
      events: [`${document.get("producer")} ${document.get("event_id")}`],
    }),
  );
  const sums = late.length === 0 ? undefined : new Map([[`late ${before}`, { events: late.length }]]);
  return { findings, sums, next: docs.length < page_size ? undefined : docs.at(-1)?.id };
};

/** Tells whether the archive holds more events of a day than its report has counted. */
async function isAnyLate(day: string, numbers: string): Promise<boolean> {
  const { events }: { events: number } = JSON.parse(numbers);
  const ofDay = firestore().collection(archivedEvents.name).where("day", "==", day);
  return (await ofDay.count().get()).data().count > events;
}
