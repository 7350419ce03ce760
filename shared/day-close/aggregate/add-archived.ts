import { segments } from "../../collections.ts";
import { PermanentError } from "../../errors.ts";
import { eventMoney } from "../../events/event-money.ts";
import type { Query, QuerySnapshot } from "../../google/firestore.ts";
import { readDocuments, timestamp } from "../../google/firestore.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedEvents } from "../../pipeline/records/archived-event.ts";
import type { Work } from "../../pipeline/work.ts";
import type { FactReport } from "../../rules/counting/daily-facts.ts";
import { countFact } from "../../rules/counting/daily-facts.ts";
import type { DayCloseFact, Sums, SumsEntry } from "../../rules/counting/day-sums.ts";
import { addEntries, daySumsOfClosing, TOTAL } from "../../rules/counting/day-sums.ts";
import { hashOf } from "../../values/ids.ts";
import { copyFinding, isCopy } from "../closing/archive-copies.ts";
import type { CountedDayCloseFact, DayCloseSubject } from "../closing/day-closing.ts";
import { CLOSING_KEPT_MS, dayCloseFacts, dayCloseSubjects } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { shareOf } from "../closing/id-range.ts";
import type { PageStep } from "../closing/page-step.ts";
import { textOf } from "../closing/sums-text.ts";
import { countHits } from "../recommend/check-recommended.ts";
import type { JudgedArchived } from "./foreign-facts.ts";
import { foreignEntries, judgedArchived } from "./foreign-facts.ts";

/** Pages read per unit of work. More pages mean fewer commits; the sums are a fraction of the events read. */
const PAGES_PER_COMMIT = 8;

/**
 * Adds up the next archived events of a shard. An event that no other event can repeat adds to the sums at once. A
 * fact that may be reported again is stored, so that its earliest report of all shards and days counts.
 */
export const addArchived: PageStep = async ({ dayClosing, part, after }, work) => {
  const { day, shards, page_size, cut_off_ms } = dayClosing;
  const totals: PageTotals = { sums: new Map(), facts: [], subjects: new Map(), placed: [] };
  const { sums, facts, subjects, placed } = totals;
  const expires_at = timestamp(work.nowMs + CLOSING_KEPT_MS);
  const findings: Finding[] = [];
  let next: string | undefined = after;
  for (let page = 0; page < PAGES_PER_COMMIT && next !== undefined; page += 1) {
    const share: Query = shareOf(archivedEvents, { day, shard: part.shard, shards, after: next });
    const { docs }: QuerySnapshot = await share
      .select("event_type", "event_id", "producer", "event", "order_id", "user_id", "cart_id")
      .limit(page_size)
      .get();
    next = docs.length < page_size ? undefined : docs.at(-1)?.id;
    // Whole milliseconds: no closing covers an event committed in the millisecond of the cut-off.
    const covered = docs.filter(document => document.createTime.toMillis() < cut_off_ms);
    findings.push(...covered.filter(isCopy).map(copyFinding));
    const events = covered.filter(document => !isCopy(document)).map(document => document.data());
    for (const one of await judgedArchived(events, cut_off_ms)) addDocument(one, totals);
  }
  await storeFacts(facts, work);
  if (dayClosing.recommends) addEntries(sums, await countHits(placed));
  // Written without a read: all pages that find the same subject write the same document.
  if (dayClosing.run === 1)
    for (const { of, id } of subjects.values())
      work.set(dayCloseSubjects, hashOf(day, of, id), { day, of, id, expires_at });
  return { sums, findings, next };
};

/** Totals over the events of a unit of work. */
interface PageTotals {
  sums: Sums;
  facts: ReportedFact[];
  subjects: Map<string, Pick<DayCloseSubject, "of" | "id">>;
  /** The order.placed events, as JSON. */
  placed: string[];
}

function addDocument(judged: JudgedArchived, { sums, facts, subjects, placed }: PageTotals): void {
  const { archived, judgement } = judged;
  facts.push(...addEvent(sums, judged));
  if (judgement === "counts" && archived.event_type === "order.placed") placed.push(archived.event);
  for (const [of, id] of subjectsOf(archived)) subjects.set(`${of} ${id}`, { of, id });
}

function* subjectsOf({
  order_id,
  user_id,
  cart_id,
}: ArchivedEvent): Generator<[DayCloseSubject["of"], string]> {
  if (order_id !== undefined) yield ["order", order_id];
  if (user_id !== undefined) yield ["user", user_id];
  if (cart_id !== undefined) yield ["cart", cart_id];
}

interface ReportedFact extends DayCloseFact {
  report: FactReport;
}

function addEvent(sums: Sums, { archived, event, judgement }: JudgedArchived): ReportedFact[] {
  const { event_type, producer: by } = archived;
  addEntries(sums, [[`type ${event_type}`, { events: 1 }]]);
  // Only events that a unit of work announced have a cause.
  if (event?.causation_id !== undefined) addEntries(sums, [[`announced ${by}`, { events: 1 }]]);
  if (event && judgement !== "counts") {
    addEntries(sums, foreignEntries(event, judgement));
    return [];
  }
  const found = event && readable(() => daySumsOfClosing(event, eventMoney));
  if (!found) {
    addEntries(sums, [[TOTAL, { unreadable: 1 }]]);
    return [];
  }
  addEntries(sums, found.own);
  const { received_at, producer, event_id } = event;
  const report = {
    day: received_at.slice(0, 10),
    received_at_ms: Date.parse(received_at),
    id: `${producer} ${event_id}`,
  };
  return found.facts.map(fact => ({ ...fact, report }));
}

/**
 * Reads an event's sums. Every reaction parks an event with an amount that its currency cannot have.
 * @returns undefined for such an event: it is not counted
 */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

/** Stores the facts for which this shard has an earlier report than the stored one. */
async function storeFacts(facts: readonly ReportedFact[], work: Work): Promise<void> {
  const ids = [...new Set(facts.map(idOf))];
  const stored = await work.getAll(dayCloseFacts, ids);
  const known = new Map(ids.map((id, index) => [id, stored[index]]));
  const earliest = new Map<string, ReportedFact>();
  for (const fact of facts) {
    const before = earliest.get(idOf(fact))?.report ?? known.get(idOf(fact));
    if (countFact(before && { ...before, tally: {} }, fact.report, {})) earliest.set(idOf(fact), fact);
  }
  const segmentOf = await segmentsOf([...earliest.values()].flatMap(({ paid_by }) => paid_by ?? []));
  for (const [id, { entries, report, cart, paid_by }] of earliest) {
    const sums: Sums = new Map();
    addEntries(sums, entries);
    // The segment is stored with the fact: by a later closing the user may have changed segments.
    if (paid_by !== undefined) addEntries(sums, segmentEntries(segmentOf.get(paid_by), sums));
    const counted: CountedDayCloseFact = { ...report, sums: textOf(sums), ...cart };
    work.set(dayCloseFacts, id, counted);
  }
}

function idOf({ key }: Pick<DayCloseFact, "key">): string {
  return hashOf(...key);
}

async function segmentsOf(userIds: readonly string[]): Promise<Map<string, string>> {
  const ids = [...new Set(userIds)];
  const records = await readDocuments(segments, ids);
  return new Map(ids.map((id, index) => [id, records[index]?.segment ?? "unknown"]));
}

function segmentEntries(segment = "unknown", sums: Sums): SumsEntry[] {
  return [[`segment ${segment}`, sums.get(TOTAL) ?? {}]];
}
