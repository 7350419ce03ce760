import type { Query } from "../../google/firestore.ts";
import { countAndSum, documentRef, firestore } from "../../google/firestore.ts";
import { archivedEvents, archiveId } from "../../pipeline/records/archived-event.ts";
import { ledger } from "../../pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../pipeline/records/ledger-entry.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import { sumsOf } from "../closing/chunks.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { Step } from "../closing/step.ts";

/** Where a page begins: whose announcements, and the last of them that was looked at; empty: they are to be counted. */
type Place = [producer: string, last: string];

/**
 * Compares what ledgers say was announced on the day with what reached the archive, one producer after the other: first
 * how many, then one by one where that differs. What never came is reported: an entry keeps the ids of what it
 * announced, and not the events, so nobody could announce the same again.
 */
export const checkAnnounced: Step = async ({ night, after }) => {
  if (night.run > 1) return { sums: new Map(), next: undefined };
  const place = after === "" ? await nextDiffering(night, "") : (JSON.parse(after) as Place);
  if (!place) return { sums: new Map(), next: undefined };
  const [producer, last] = place;
  const page = announcedBy(night, producer).orderBy("__name__").select("announced").limit(night.page_size);
  const { docs } = await (last === "" ? page : page.startAfter(last)).get();
  const findings = await lostOf(
    producer,
    docs.flatMap(document => (document.data() as LedgerEntry).announced ?? []),
  );
  const end = docs.length < night.page_size ? undefined : docs.at(-1)?.id;
  const next = end === undefined ? await nextDiffering(night, producer) : [producer, end];
  return { sums: new Map(), findings, next: next && JSON.stringify(next) };
};

function announcedBy({ day }: DayClosing, producer: string): Query {
  return firestore().collection(ledger.name).where("announced_on", "==", `${day} ${producer}`);
}

/** The next producer of whose announcements not as many were archived as there should be. */
async function nextDiffering(night: DayClosing, before: string): Promise<Place | undefined> {
  const archived = await archivedBy(night);
  let producer = await producerAfter(night, before);
  while (producer !== undefined) {
    const { sum } = await countAndSum(announcedBy(night, producer), "announced_count");
    if (sum !== (archived.get(producer) ?? 0)) return [producer, ""];
    producer = await producerAfter(night, producer);
  }
  return undefined;
}

/** Whoever announced something on the day, in the order of their names. */
async function producerAfter({ day }: DayClosing, before: string): Promise<string | undefined> {
  const { docs } = await firestore()
    .collection(ledger.name)
    .where("announced_on", ">", `${day} ${before}`)
    .where("announced_on", "<", `${day} ~`)
    .orderBy("announced_on")
    .select("announced_on")
    .limit(1)
    .get();
  const found = docs[0]?.get("announced_on");
  return found === undefined ? undefined : String(found).slice(day.length + 1);
}

/** How many archived events of the day each producer announced as the consequence of something. */
async function archivedBy(night: DayClosing): Promise<Map<string, number>> {
  const sums: Sums = new Map();
  for (let shard = 0; shard < night.shards; shard += 1)
    addEntries(sums, await sumsOf(night, { kind: "archive", shard }, PREFIX));
  return new Map([...sums].map(([key, { events = 0 }]) => [key.slice(PREFIX.length), events]));
}

const PREFIX = "announced ";

async function lostOf(producer: string, ids: readonly string[]): Promise<Finding[]> {
  if (ids.length === 0) return [];
  const refs = ids.map(event_id => documentRef(archivedEvents, archiveId({ producer, event_id })));
  const found = await firestore().getAll(...refs, { fieldMask: ["event_type"] });
  return ids
    .filter((_, index) => !found[index]?.exists)
    .map(event_id => ({
      kind: "never archived",
      about: `announced by ${producer}`,
      expected: "in the archive",
      found: "nowhere",
      events: [`${producer} ${event_id}`],
    }));
}
