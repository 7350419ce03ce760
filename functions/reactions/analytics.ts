import { countedFacts, dayCounters } from "../../shared/collections.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { COUNTED_TYPES, countFact, factsOf, mergedChanges } from "../../shared/rules/counting/daily-facts.ts";
import { counterShard, dayShardId } from "../../shared/rules/counting/day-shards.ts";
import { hashOf } from "../../shared/values/ids.ts";

/** Counts the facts of each day. The roll-up counts browse events (views and searches). */
export const analytics = reaction("analytics", Object.fromEntries(COUNTED_TYPES.map(type => [type, count])), {
  projection: true,
});

async function count(event: PulseCartEvent, work: Work): Promise<Skip | void> {
  const { received_at, producer, event_id } = event;
  const id = `${producer} ${event_id}`;
  const report = { day: received_at.slice(0, 10), received_at_ms: Date.parse(received_at), id };
  const facts = factsOf(event, eventMoney).map(fact => ({ ...fact, id: hashOf(...fact.key) }));
  const known = await work.getAll(
    countedFacts,
    facts.map(fact => fact.id),
  );
  const counted = facts.flatMap((fact, index) => {
    const one = countFact(known[index], report, fact.tally);
    return one ? [{ ...one, id: fact.id }] : [];
  });
  if (counted.length === 0) return skip("an earlier report already counted every fact of this event");
  for (const { id: factId, after } of counted) work.set(countedFacts, factId, after);
  // Several documents a day: one document sustains about one write a second, and a shop has more.
  for (const { day, tally } of mergedChanges(counted.flatMap(({ changes }) => changes)))
    work.increment(dayCounters, dayShardId(day, counterShard(id)), tally);
}
