import type { Query } from "../google/firestore.ts";
import { countAndSum, documentRef, firestore } from "../google/firestore.ts";
import { archivedEvents, archiveId } from "../pipeline/archived-event.ts";
import { ledger } from "../pipeline/ledger.ts";
import type { LedgerEntry } from "../pipeline/ledger-entry.ts";
import type { Sums } from "../rules/night-sums.ts";
import { addEntries } from "../rules/night-sums.ts";
import { MAX_VALUES } from "./booked-events.ts";
import { sumsOf } from "./chunks.ts";
import type { Finding, Night } from "./night.ts";
import { inTens } from "./pages.ts";
import type { PageStart, Step } from "./step.ts";

/**
 * Compares what ledgers say was announced on the day with what reached the archive: first how many each announced, then
 * one by one where that differs. What never came is reported: an entry keeps the ids of what it announced, and not the
 * events, so nobody could announce the same again.
 */
export const checkAnnounced: Step = async page => {
  const { night, after } = page;
  if (night.run > 1) return { sums: new Map(), next: undefined };
  if (after === "") {
    const differing = await differingProducers(page);
    return { sums: new Map(), next: differing && JSON.stringify([differing, ""]) };
  }
  const [producers, last]: [string[], string] = JSON.parse(after);
  const those = announcedOn(night.day);
  const some =
    producers.length === 0 || producers.length > MAX_VALUES ? those : those.where("by", "in", producers);
  const ordered = some.orderBy("__name__").select("by", "announced").limit(night.page_size);
  const { docs } = await (last === "" ? ordered : ordered.startAfter(last)).get();
  const findings = await lostOf(docs.map(document => document.data() as LedgerEntry));
  const end = docs.length < night.page_size ? undefined : docs.at(-1)?.id;
  return {
    sums: new Map(),
    findings,
    next: end === undefined ? undefined : JSON.stringify([producers, end]),
  };
};

function announcedOn(day: string): Query {
  return firestore().collection(ledger.name).where("announced_on", "==", day);
}

/** Whose announcements are fewer or more than they said; empty: nothing of somebody came; undefined: all came. */
async function differingProducers({ night }: PageStart): Promise<string[] | undefined> {
  const archived = await archivedBy(night);
  const producers = [...archived.keys()];
  const countOf = async (query: Query) => (await countAndSum(query, "announced_count")).sum;
  const said = await inTens(producers, by => countOf(announcedOn(night.day).where("by", "==", by)));
  const known = said.reduce((sum, n) => sum + n, 0);
  if ((await countOf(announcedOn(night.day))) !== known) return [];
  const differing = producers.filter((by, index) => archived.get(by) !== said[index]);
  return differing.length > 0 ? differing : undefined;
}

/** How many archived events of the day each producer announced as the consequence of something. */
async function archivedBy(night: Night): Promise<Map<string, number>> {
  const sums: Sums = new Map();
  for (let shard = 0; shard < night.shards; shard += 1)
    addEntries(sums, await sumsOf(night, { kind: "archive", shard }, PREFIX));
  return new Map([...sums].map(([key, { events = 0 }]) => [key.slice(PREFIX.length), events]));
}

const PREFIX = "announced ";

async function lostOf(entries: readonly LedgerEntry[]): Promise<Finding[]> {
  const all = entries.flatMap(({ by, announced = [] }) => announced.map(event_id => ({ by, event_id })));
  if (all.length === 0) return [];
  const refs = all.map(({ by, event_id }) =>
    documentRef(archivedEvents, archiveId({ producer: by, event_id })),
  );
  const found = await firestore().getAll(...refs, { fieldMask: ["event_type"] });
  return all
    .filter((_, index) => !found[index]?.exists)
    .map(({ by, event_id }) => ({
      kind: "never archived",
      about: `announced by ${by}`,
      expected: "in the archive",
      found: "nowhere",
      events: [`${by} ${event_id}`],
    }));
}
