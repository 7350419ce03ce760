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
import type { PageStep } from "../closing/page-step.ts";

/** Start of a page: the producer, and its last checked ledger entry; empty before the first entry. */
type AnnouncedPlace = [producer: string, last: string];

/**
 * Compares the announcements in the ledger with the archive, producer by producer. Each producer's counts come first;
 * single events are compared where the counts differ. A lost event is reported only. No repair is possible, because a
 * ledger entry keeps the ids of its announcements, not the events.
 */
export const checkAnnounced: PageStep = async ({ dayClosing, after }) => {
  if (dayClosing.run > 1) return { next: undefined };
  const place = after === "" ? await nextDiffering(dayClosing, "") : (JSON.parse(after) as AnnouncedPlace);
  if (!place) return { next: undefined };
  const [producer, last] = place;
  const page = announcedBy(dayClosing, producer)
    .orderBy("__name__")
    .select("announced")
    .limit(dayClosing.page_size);
  const { docs } = await (last === "" ? page : page.startAfter(last)).get();
  const findings = await lostEvents(
    producer,
    docs.flatMap(document => (document.data() as LedgerEntry).announced ?? []),
  );
  const end = docs.length < dayClosing.page_size ? undefined : docs.at(-1)?.id;
  const next = end === undefined ? await nextDiffering(dayClosing, producer) : [producer, end];
  return { findings, next: next && JSON.stringify(next) };
};

function announcedBy({ day }: DayClosing, producer: string): Query {
  return firestore().collection(ledger.name).where("announced_on", "==", `${day} ${producer}`);
}

/** Finds the next producer with a number of archived events other than the number of its announcements. */
async function nextDiffering(dayClosing: DayClosing, before: string): Promise<AnnouncedPlace | undefined> {
  const archived = await archivedByProducer(dayClosing);
  let producer = await producerAfter(dayClosing, before);
  while (producer !== undefined) {
    const { sum } = await countAndSum(announcedBy(dayClosing, producer), "announced_count");
    if (sum !== (archived.get(producer) ?? 0)) return [producer, ""];
    producer = await producerAfter(dayClosing, producer);
  }
  return undefined;
}

/** Finds the next producer, by name, that announced an event on the day. */
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

/** Counts the archived events of the day that have a cause, by producer. */
async function archivedByProducer(dayClosing: DayClosing): Promise<Map<string, number>> {
  const sums: Sums = new Map();
  for (let shard = 0; shard < dayClosing.shards; shard += 1)
    addEntries(sums, await sumsOf(dayClosing, { kind: "archive", shard }, ANNOUNCED));
  return new Map([...sums].map(([key, { events = 0 }]) => [key.slice(ANNOUNCED.length), events]));
}

/** Prefix of the sums by producer that the archive parts add up. */
const ANNOUNCED = "announced ";

async function lostEvents(producer: string, ids: readonly string[]): Promise<Finding[]> {
  if (ids.length === 0) return [];
  const refs = ids.map(event_id => documentRef(archivedEvents, archiveId({ producer, event_id })));
  const found = await firestore().getAll(...refs, { fieldMask: ["event_type"] });
  return ids
    .filter((_, index) => !found[index]?.exists)
    .map(event_id => ({
      kind: "never archived",
      about: `announced by ${producer}`,
      expected: "an archived event",
      found: "none",
      events: [`${producer} ${event_id}`],
    }));
}
