import type { EventType } from "../../events/catalogue.ts";
import type { Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { ledgerIdIn, readGenerations } from "../../pipeline/records/generation.ts";
import { countKey, ledger } from "../../pipeline/records/ledger.ts";
import { sumsOf } from "../closing/chunks.ts";
import { borders } from "../closing/id-range.ts";
import type { PageInput } from "../closing/page-step.ts";
import { inTens } from "../closing/pages.ts";
import { LISTENERS, PROJECTIONS } from "./listeners.ts";

/** An event type that a reaction handles. */
export interface HandledType {
  by: string;
  /** The reaction's live generation; 1 for a reaction without generations. */
  generation: number;
  type: EventType;
}

type Shard = Pick<PageInput, "dayClosing" | "part">;

/**
 * Finds the types and reactions with a number of ledger entries other than the number of archived events. A type
 * without any archived event counts as well: its events may be lost.
 */
export async function differingTypes({ dayClosing, part }: Shard): Promise<HandledType[]> {
  const archived = await sumsOf(dayClosing, { kind: "archive", shard: part.shard }, "type ");
  const types = await handledTypes();
  const counts = await inTens(
    types,
    async handled => (await entriesOf(handled, { dayClosing, part }).count().get()).data().count,
  );
  return types.filter(({ type }, index) => (archived.get(`type ${type}`)?.["events"] ?? 0) !== counts[index]);
}

/** Builds the query for a shard's ledger entries of one reaction and type, ordered by id. */
export function entriesOf(
  { by, generation, type }: HandledType,
  { dayClosing: { day, shards }, part: { shard } }: Shard,
  after = "",
): Query {
  // The id of a reaction's entry is its name and the id of the archived event.
  const [from, to] = borders(shard, shards);
  const counted_as = countKey({ by: ledgerIdIn(generation, by), day, event_type: type });
  const all = firestore().collection(ledger.name).where("counted_as", "==", counted_as).orderBy("__name__");
  return (after === "" ? all.startAt(`${by}~${from}`) : all.startAfter(after)).endBefore(`${by}~${to}`);
}

async function handledTypes(): Promise<HandledType[]> {
  const all: HandledType[] = [];
  for (const [by, types] of Object.entries<readonly EventType[]>(LISTENERS)) {
    const generation = PROJECTIONS.includes(by) ? (await readGenerations(by)).live : 1;
    all.push(...types.map(type => ({ by, generation, type })));
  }
  return all;
}
