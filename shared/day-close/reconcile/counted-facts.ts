import { countedFacts } from "../../collections.ts";
import { PermanentError } from "../../errors.ts";
import { eventMoney } from "../../events/event-money.ts";
import { readDocuments } from "../../google/firestore.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedEvents, archivedIn } from "../../pipeline/records/archived-event.ts";
import { liveCollection } from "../../pipeline/records/generation.ts";
import type { CountedFact, Tally } from "../../rules/counting/daily-facts.ts";
import { COUNTED_TYPES, factsOf } from "../../rules/counting/daily-facts.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import { hashOf } from "../../values/ids.ts";
import { isCopy } from "../closing/archive-copies.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import { shareOf } from "../closing/id-range.ts";

/** Key of the sums that the counted facts of the day give. */
export const COUNTED = "counted";

/**
 * Adds up the counted facts of the next events of the day. Several events may report one fact: it counts with the event
 * that the stored fact names.
 */
export async function addCountedFacts(
  { day, page_size, cut_off_ms }: DayClosing,
  after: string,
): Promise<{ sums: Sums; next: string | undefined }> {
  const share = { day, shard: 0, shards: 1, after, types: COUNTED_TYPES };
  const { docs } = await shareOf(archivedEvents, share)
    .select("event", "producer", "event_id")
    .limit(page_size)
    .get();
  const covered = docs.filter(one => one.createTime.toMillis() < cut_off_ms && !isCopy(one));
  const facts = covered.flatMap(document => factIdsOf(document.data() as ArchivedEvent));
  const stored = await readDocuments(
    await liveCollection("analytics", countedFacts),
    facts.map(({ id }) => id),
  );
  const sums: Sums = new Map();
  for (const [index, { report }] of facts.entries()) {
    const fact = stored[index];
    if (fact?.day === day && fact.id === report) addEntries(sums, [[COUNTED, tallyOf(fact)]]);
  }
  return { sums, next: docs.length < page_size ? undefined : docs.at(-1)?.id };
}

/** Lists the ids of the facts that an event reports. An event with an impossible amount reports none. */
function factIdsOf({ event: json }: ArchivedEvent): { id: string; report: string }[] {
  const event = archivedIn(json);
  if (!event) return [];
  try {
    const report = `${event.producer} ${event.event_id}`;
    return factsOf(event, eventMoney).map(({ key }) => ({ id: hashOf(...key), report }));
  } catch (error) {
    if (error instanceof PermanentError) return [];
    throw error;
  }
}

/** Returns the tally of a stored fact. A damaged fact may lack it. */
function tallyOf({ tally }: Partial<CountedFact>): Tally {
  return tally ?? {};
}
