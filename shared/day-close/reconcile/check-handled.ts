import type { EventType } from "../../events/catalogue.ts";
import type { Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { oldestReplayableMs } from "../../pipeline/operate/replay/replay.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedEvents } from "../../pipeline/records/archived-event.ts";
import { ledgerIdIn, readGenerations } from "../../pipeline/records/generation.ts";
import { countKey, ledger, ledgerId, ledgerRef } from "../../pipeline/records/ledger.ts";
import { sumsOf } from "../closing/chunks.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { borders, shareOf } from "../closing/id-range.ts";
import type { PageInput, PageStep } from "../closing/page-step.ts";
import { inTens } from "../closing/pages.ts";
import { LISTENERS, PROJECTIONS } from "./listeners.ts";
import { MAX_VALUES } from "./reconciled-events.ts";

/** An event type that a reaction handles. */
interface HandledType {
  by: string;
  /** The reaction's live generation; 1 for a reaction without generations. */
  generation: number;
  type: EventType;
}

/** Max ledger entries of one read. */
const MAX_READS = 500;

/**
 * Compares a shard's archived events with the ledger of every reaction. Counts per type and reaction come first, at one
 * read per 1,000 entries. Single events are compared where the counts differ. An event without an entry is reported
 * only, because a lost entry does not tell whether the work was done. An operator decides about a replay.
 */
export const checkHandled: PageStep = async (page, work) => {
  const { dayClosing, part, after } = page;
  const mayBeExpired = Date.parse(dayClosing.day) < oldestReplayableMs(work.nowMs);
  if (dayClosing.run > 1 || mayBeExpired) return { next: undefined };
  if (after === "") {
    const differing = await differingTypes(page);
    return { next: differing.length === 0 ? undefined : placeOf(differing, "") };
  }
  const { handled, last } = placeIn(after);
  const all = [...new Set(handled.map(({ type }) => type))];
  const types = all.length <= MAX_VALUES ? all : undefined;
  const { day, shards, page_size, cut_off_ms } = dayClosing;
  const share: Query = shareOf(archivedEvents, { day, shard: part.shard, shards, after: last, types });
  const { docs } = await share.select("event_type", "event_id", "producer").limit(page_size).get();
  const covered = docs.filter(document => document.createTime.toMillis() < cut_off_ms);
  const findings = await unhandled(
    covered.map(document => document.data() as ArchivedEvent),
    handled,
  );
  const end = docs.length < page_size ? undefined : docs.at(-1)?.id;
  return { findings, next: end === undefined ? undefined : placeOf(handled, end) };
};

function placeOf(handled: readonly HandledType[], last: string): string {
  return JSON.stringify([handled.map(({ by, generation, type }) => [by, generation, type]), last]);
}

function placeIn(after: string): { handled: HandledType[]; last: string } {
  const [handled, last]: [[string, number, EventType][], string] = JSON.parse(after);
  return { handled: handled.map(([by, generation, type]) => ({ by, generation, type })), last };
}

/** Finds the types and reactions with a number of ledger entries other than the number of archived events. */
async function differingTypes({ dayClosing, part: { shard } }: PageInput): Promise<HandledType[]> {
  const { day, shards } = dayClosing;
  const archived = await sumsOf(dayClosing, { kind: "archive", shard }, "type ");
  const types = (await handledTypes()).filter(({ type }) => archived.has(`type ${type}`));
  const [from, to] = borders(shard, shards);
  const counts = await inTens(types, async ({ by, generation, type }) => {
    // The id of a reaction's entry is its name and the id of the archived event.
    const counted_as = countKey({ by: ledgerIdIn(generation, by), day, event_type: type });
    const share = firestore()
      .collection(ledger.name)
      .where("counted_as", "==", counted_as)
      .orderBy("__name__")
      .startAt(`${by}~${from}`)
      .endBefore(`${by}~${to}`);
    return (await share.count().get()).data().count;
  });
  return types.filter(({ type }, index) => archived.get(`type ${type}`)?.["events"] !== counts[index]);
}

async function handledTypes(): Promise<HandledType[]> {
  const all: HandledType[] = [];
  for (const [by, types] of Object.entries<readonly EventType[]>(LISTENERS)) {
    const generation = PROJECTIONS.includes(by) ? (await readGenerations(by)).live : 1;
    all.push(...types.map(type => ({ by, generation, type })));
  }
  return all;
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
