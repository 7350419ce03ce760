import type { JudgedFact, Judgement, Owned, ThingPlace } from "../events/ownership.ts";
import { judge, thingToJudge } from "../events/ownership.ts";
import { collection, readDocuments } from "../google/firestore.ts";
import { producers } from "./producers.ts";

/** Max documents of one read. */
const DOCUMENTS_PER_READ = 300;

/**
 * Judges archived events as the guard of the reactions does, outside any transaction. Facts of owners cost no read.
 * @param claimedBeforeMs ignores later claims, so a second judgement of the same events gives the same result
 * @returns the judgements in the order of the events
 */
export async function judgeEvents(
  events: readonly JudgedFact[],
  claimedBeforeMs: number,
): Promise<Judgement[]> {
  const things = events.map(thingToJudge);
  const found = await readThings(things.flatMap(thing => thing ?? []));
  return events.map((event, index) => {
    const thing = things[index];
    const document = thing && found.get(keyOf(thing));
    const isClaimed = (document?.owned_since_ms ?? 0) < claimedBeforeMs;
    return judge(event, isClaimed ? document : undefined, producers());
  });
}

function keyOf({ in: name, id }: ThingPlace): string {
  return `${name}/${id}`;
}

async function readThings(things: readonly ThingPlace[]): Promise<Map<string, Owned>> {
  const wanted = new Map(things.map(thing => [keyOf(thing), thing]));
  const found = new Map<string, Owned>();
  for (const [name, all] of Map.groupBy(wanted.values(), thing => thing.in)) {
    for (let at = 0; at < all.length; at += DOCUMENTS_PER_READ) {
      const some = all.slice(at, at + DOCUMENTS_PER_READ);
      const documents = await readDocuments(
        collection<Owned>(name),
        some.map(({ id }) => id),
      );
      for (const [index, thing] of some.entries()) {
        const document = documents[index];
        if (document) found.set(keyOf(thing), document);
      }
    }
  }
  return found;
}
