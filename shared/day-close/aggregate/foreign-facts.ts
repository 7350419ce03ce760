import type { PulseCartEvent } from "../../events/envelope.ts";
import type { Judgement } from "../../events/ownership.ts";
import { thingOf } from "../../events/ownership.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedIn } from "../../pipeline/records/archived-event.ts";
import { judgeEvents } from "../../producers/judge-events.ts";
import type { Sums, SumsEntry } from "../../rules/counting/day-sums.ts";

/** Facts about things of other owners. They count nowhere, and the report lists them with their producers. */

/** An archived event with its judgement. */
export interface JudgedArchived {
  archived: ArchivedEvent;
  /** Undefined when the event is unreadable. */
  event: PulseCartEvent | undefined;
  judgement: Judgement;
}

/** Judges the archived events of a page by the claims before the cut-off of the closing. */
export async function judgedArchived(page: readonly object[], cutOffMs: number): Promise<JudgedArchived[]> {
  const read = page.map(document => {
    const archived = document as ArchivedEvent;
    return { archived, event: archivedIn(archived.event) };
  });
  const readable = read.flatMap(({ event }) => event ?? []);
  const judgements = await judgeEvents(readable, cutOffMs);
  const judged = new Map(readable.map((event, index) => [event, judgements[index]]));
  return read.map(one => ({ ...one, judgement: (one.event && judged.get(one.event)) ?? "counts" }));
}

const PREFIX = "foreign ";

/** Returns the sums of a fact that does not count. A fact that waits for its claim is listed by its ledger entry. */
export function foreignEntries(event: PulseCartEvent, judgement: Judgement): SumsEntry[] {
  const thing = thingOf(event);
  if (!thing || judgement === "waits") return [];
  // Types, ids and producers hold no blanks.
  const key = [judgement, event.event_type, `${thing.in}/${thing.id}`, event.producer].join(" ");
  return [[PREFIX + key, { facts: 1 }]];
}

/** Max rows of the list. */
const MAX_LISTED = 50;

/** Lists the facts that do not count, the most frequent first, and conflicts before all. */
export function foreignFactsIn(sums: Sums) {
  const rows = [...sums].flatMap(([key, { facts = 0 }]) => {
    if (!key.startsWith(PREFIX)) return [];
    const [judgement, type = "", thing = "", producer = ""] = key.slice(PREFIX.length).split(" ");
    return [{ type, thing, producer, count: facts, is_conflict: judgement === "conflict" }];
  });
  const textOf = ({ type, thing, producer }: (typeof rows)[number]) => `${thing} ${type} ${producer}`;
  const list = rows.toSorted(
    (a, b) =>
      Number(b.is_conflict) - Number(a.is_conflict) || b.count - a.count || (textOf(a) < textOf(b) ? -1 : 1),
  );
  return {
    facts: rows.reduce((sum, { count }) => sum + count, 0),
    things: new Set(rows.map(({ thing }) => thing)).size,
    list: list.slice(0, MAX_LISTED),
  };
}
