import type { EventType } from "../../events/catalogue.ts";
import type { Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { oldestReplayableMs } from "../../pipeline/operate/replay/replay.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedEvents } from "../../pipeline/records/archived-event.ts";
import { ledgerIdIn } from "../../pipeline/records/generation.ts";
import { ledgerId, ledgerRef } from "../../pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../pipeline/records/ledger-entry.ts";
import { isCopy } from "../closing/archive-copies.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { shareOf } from "../closing/id-range.ts";
import type { PageInput, PageResult, PageStep } from "../closing/page-step.ts";
import type { HandledType } from "./handled-types.ts";
import { differingTypes, entriesOf } from "./handled-types.ts";
import { MAX_VALUES } from "./reconciled-events.ts";
import { unarchived } from "./unarchived.ts";

/** Max ledger entries of one read. */
const MAX_READS = 500;

/** Start of a page: the differing types, the ledger that is read (-1: the archive), and the last read id. */
interface HandledPlace {
  handled: HandledType[];
  reading: number;
  last: string;
}

/**
 * Compares a shard's archived events with the ledger of every reaction, in both directions. Counts per type and
 * reaction come first, at one read per 1,000 entries. Single documents are compared where the counts differ: each
 * archived event needs an entry, and each entry an archived event. Both are reported only. A lost entry does not tell
 * whether the work was done, and a lost event cannot be written again. An operator decides about a replay.
 */
export const checkHandled: PageStep = async (page, work) => {
  const { dayClosing, after } = page;
  const mayBeExpired = Date.parse(dayClosing.day) < oldestReplayableMs(work.nowMs);
  if (dayClosing.run > 1 || mayBeExpired) return { next: undefined };
  if (after === "") {
    const handled = await differingTypes(page);
    return { next: placeText({ handled, reading: -1, last: "" }) };
  }
  const place = placeIn(after);
  return place.reading === -1 ? checkArchived(page, place) : checkEntries(page, place);
};

/** Finds archived events without a ledger entry, on one page of the archive. */
async function checkArchived({ dayClosing, part }: PageInput, place: HandledPlace): Promise<PageResult> {
  const { handled, last } = place;
  const all = [...new Set(handled.map(({ type }) => type))];
  const types = all.length <= MAX_VALUES ? all : undefined;
  const { day, shards, page_size, cut_off_ms } = dayClosing;
  const share: Query = shareOf(archivedEvents, { day, shard: part.shard, shards, after: last, types });
  const { docs } = await share.select("event_type", "event_id", "producer").limit(page_size).get();
  const covered = docs.filter(document => document.createTime.toMillis() < cut_off_ms && !isCopy(document));
  const findings = await unhandled(
    covered.map(document => document.data() as ArchivedEvent),
    handled,
  );
  const end = docs.length < page_size ? undefined : docs.at(-1)?.id;
  const next = end === undefined ? { handled, reading: 0, last: "" } : { ...place, last: end };
  return { findings, next: placeText(next) };
}

/** Finds ledger entries without an archived event, on one page of one reaction and type. */
async function checkEntries(page: PageInput, place: HandledPlace): Promise<PageResult> {
  const { handled, reading, last } = place;
  const type = handled[reading];
  if (!type) return { next: undefined };
  const { page_size } = page.dayClosing;
  const { docs } = await entriesOf(type, page, last).select("cause").limit(page_size).get();
  const findings = await unarchived(docs.map(document => document.data() as LedgerEntry));
  const end = docs.length < page_size ? undefined : docs.at(-1)?.id;
  const next = end === undefined ? { handled, reading: reading + 1, last: "" } : { ...place, last: end };
  return { findings, next: placeText(next) };
}

/** Formats the start of a page. @returns undefined behind the last differing type */
function placeText({ handled, reading, last }: HandledPlace): string | undefined {
  if (handled.length === 0 || reading >= handled.length) return undefined;
  return JSON.stringify([handled.map(({ by, generation, type }) => [by, generation, type]), reading, last]);
}

function placeIn(after: string): HandledPlace {
  const [handled, reading, last]: [[string, number, EventType][], number, string] = JSON.parse(after);
  return { handled: handled.map(([by, generation, type]) => ({ by, generation, type })), reading, last };
}

type Archived = Pick<ArchivedEvent, "event_type" | "event_id" | "producer">;

/** Finds the events that a reaction handles and has no ledger entry for. */
async function unhandled(events: readonly Archived[], handled: readonly HandledType[]): Promise<Finding[]> {
  const wanted = events.flatMap(event =>
    handled
      .filter(({ type }) => type === event.event_type)
      .map(({ by, generation }) => {
        const plain = ledgerId(by, { producer: event.producer, id: event.event_id });
        return { by, event, id: ledgerIdIn(generation, plain) };
      }),
  );
  const findings: Finding[] = [];
  for (let at = 0; at < wanted.length; at += MAX_READS) {
    const some = wanted.slice(at, at + MAX_READS);
    const entries = await firestore().getAll(...some.map(({ id }) => ledgerRef(id)), {
      fieldMask: ["state"],
    });
    for (const [index, { by, event }] of some.entries()) {
      if (entries[index]?.exists) continue;
      findings.push({
        kind: "never handled",
        about: `${event.event_type} by ${by}`,
        expected: "a ledger entry",
        found: "none",
        events: [`${event.producer} ${event.event_id}`],
      });
    }
  }
  return findings;
}
