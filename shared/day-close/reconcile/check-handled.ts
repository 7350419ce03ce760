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
import { inTens } from "../closing/pages.ts";
import type { PageStart, Step } from "../closing/step.ts";
import { LISTENERS, PROJECTIONS } from "./listeners.ts";
import { MAX_VALUES } from "./reconciled-events.ts";

/** A reaction, under the name its entries have in the generation that is live, and a type that it handles. */
interface Pair {
  by: string;
  generation: number;
  type: EventType;
}

/** Asked for at once. */
const MAX_READS = 500;

/**
 * Compares a shard's events with what each reaction's ledger says it did: first how many there are of each type, a read
 * for every thousand, then, only of those types and reactions where that differs, one by one. What was never handled is
 * reported and not handled now: a mark that is missing does not tell whether the work was done before it was lost, and
 * who replays an event wants to know that.
 */
export const checkHandled: Step = async (page, work) => {
  const { night, part, after } = page;
  const mayBeForgotten = Date.parse(night.day) < oldestReplayableMs(work.nowMs);
  if (night.run > 1 || mayBeForgotten) return { sums: new Map(), next: undefined };
  if (after === "") {
    const differing = await differingPairs(page);
    return { sums: new Map(), next: differing.length === 0 ? undefined : placeOf(differing, "") };
  }
  const { pairs, last } = placeIn(after);
  const all = [...new Set(pairs.map(({ type }) => type))];
  const types = all.length <= MAX_VALUES ? all : undefined;
  const { day, shards, page_size, cut_off_ms } = night;
  const share: Query = shareOf(archivedEvents, { day, shard: part.shard, shards, after: last, types });
  const { docs } = await share.select("event_type", "event_id", "producer").limit(page_size).get();
  const covered = docs.filter(document => document.createTime.toMillis() < cut_off_ms);
  const findings = await unhandled(
    covered.map(document => document.data() as ArchivedEvent),
    pairs,
  );
  const end = docs.length < page_size ? undefined : docs.at(-1)?.id;
  return { sums: new Map(), findings, next: end === undefined ? undefined : placeOf(pairs, end) };
};

function placeOf(pairs: readonly Pair[], last: string): string {
  return JSON.stringify([pairs.map(({ by, generation, type }) => [by, generation, type]), last]);
}

function placeIn(after: string): { pairs: Pair[]; last: string } {
  const [pairs, last]: [[string, number, EventType][], string] = JSON.parse(after);
  return { pairs: pairs.map(([by, generation, type]) => ({ by, generation, type })), last };
}

async function differingPairs({ night, part: { shard } }: PageStart): Promise<Pair[]> {
  const { day, shards } = night;
  const archived = await sumsOf(night, { kind: "archive", shard }, "type ");
  const pairs = (await allPairs()).filter(({ type }) => archived.has(`type ${type}`));
  const [from, to] = borders(shard, shards);
  const handled = await inTens(pairs, async ({ by, generation, type }) => {
    // The ids of a reaction's entries are those of the archived events, behind its name.
    const counted_as = countKey({ by: ledgerIdIn(generation, by), day, event_type: type });
    const share = firestore()
      .collection(ledger.name)
      .where("counted_as", "==", counted_as)
      .orderBy("__name__")
      .startAt(`${by}~${from}`)
      .endBefore(`${by}~${to}`);
    return (await share.count().get()).data().count;
  });
  return pairs.filter(({ type }, index) => archived.get(`type ${type}`)?.["events"] !== handled[index]);
}

async function allPairs(): Promise<Pair[]> {
  const all: Pair[] = [];
  for (const [by, types] of Object.entries<readonly EventType[]>(LISTENERS)) {
    const generation = PROJECTIONS.includes(by) ? (await readGenerations(by)).live : 1;
    all.push(...types.map(type => ({ by, generation, type })));
  }
  return all;
}

type Archived = Pick<ArchivedEvent, "event_type" | "event_id" | "producer">;

/** The reactions that should know of these events and have no entry for them. */
async function unhandled(events: readonly Archived[], pairs: readonly Pair[]): Promise<Finding[]> {
  const wanted = events.flatMap(event =>
    pairs
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
        expected: "an entry in the ledger",
        found: "none",
        events: [`${event.producer} ${event.event_id}`],
      });
    }
  }
  return findings;
}
