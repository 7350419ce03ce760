import { withoutPersonalData } from "../../events/erase.ts";
import { isJsonObject } from "../../events/json-object.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import type { EffectRecord } from "../../pipeline/records/effect-record.ts";
import { checkEffectMove } from "../../pipeline/records/effect-state.ts";
import { expiry } from "../../pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../pipeline/records/ledger-entry.ts";
import type { Order } from "../../rules/order/order.ts";
import type { Review } from "../../rules/review.ts";
import type { About } from "../whose.ts";
import { isAnswerAbout, isEffectAbout, isEventAbout, readJson } from "../whose.ts";

/**
 * Documents without what they say about a person. Each answers the very document it was given where there is nothing
 * of theirs to erase, and what it leaves is the same however often it is asked.
 */

export function erasedArchived(archived: ArchivedEvent, about: About): ArchivedEvent {
  return changed(archived, "event", erasedEvent(archived.event, about));
}

/** The event that is kept, and those still to be announced. What happened and how it ended stays. */
export function erasedEntry(entry: LedgerEntry, about: About): LedgerEntry {
  const { event, follow_ups } = entry;
  const kept = event === undefined ? entry : changed(entry, "event", erasedEvent(event, about));
  const followUps = follow_ups?.map(one =>
    one.kind === "event" ? changed(one, "event", erasedEvent(one.event, about)) : one,
  );
  if (!followUps || followUps.every((one, index) => one === follow_ups?.[index])) return kept;
  return { ...kept, follow_ups: followUps };
}

/** What a command was answered, and will be answered again: no more than ids, numbers and states. */
export function erasedCommand(entry: LedgerEntry, about: About): LedgerEntry {
  const kept = erasedEntry(entry, about);
  if (kept.answer === undefined || !isAnswerAbout(about, kept.by)) return kept;
  return changed(kept, "answer", JSON.stringify(factsOf(JSON.parse(kept.answer))));
}

/** Also ends what is planned: to somebody who is gone nothing is sent. What may have been seen stays unknown. */
export function erasedEffect(record: EffectRecord, about: About & { nowMs: number }): EffectRecord {
  const data: unknown = JSON.parse(record.data);
  if (!isEffectAbout(about, data)) return record;
  const facts = changed(record, "data", JSON.stringify(factsOf(data)));
  if (record.state !== "planned" && record.state !== "parked") return facts;
  const state = record.lost > 0 && record.state === "planned" ? "unknown" : "skipped";
  checkEffectMove(record.state, state);
  const ended = { ...facts, state, reason: "the person was erased", changed_at_ms: about.nowMs } as const;
  return state === "skipped" ? { ...ended, ...expiry(about.nowMs) } : ended;
}

/** Why somebody cancelled is told in their own words. */
export function erasedOrder(order: Order): Order {
  return order.cancelled?.reason === undefined ? order : { ...order, cancelled: {} };
}

/** The stars stay, they are counted in the product's rating; the words go. */
export function erasedReview(review: Review): Review {
  const { comment, ...rest } = review;
  return comment === undefined ? review : rest;
}

/** An event as JSON without what is personal. What is no event says nothing any more. */
function erasedEvent(json: string, about: About): string {
  const event = readJson(json);
  if (!isEventAbout(about, event)) return json;
  return JSON.stringify((isJsonObject(event) ? withoutPersonalData(event) : undefined) ?? {});
}

/** What stands in fields of these names is an id, a time or a word out of our own lists. */
const FACTS = /(^|_)(id|ids|at|state|status|currency|template|login|items|location)$/;

/** Numbers, truth values, and texts under such names. Of the rest nobody can tell what it says. */
function factsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(factsOf);
  if (!isJsonObject(value)) return value;
  const facts = Object.entries(value).filter(
    ([name, one]) =>
      isJsonObject(one) || !(typeof one === "string" || Array.isArray(one)) || FACTS.test(name),
  );
  return Object.fromEntries(facts.map(([name, one]) => [name, factsOf(one)]));
}

function changed<T extends object, K extends keyof T>(document: T, field: K, value: T[K]): T {
  return document[field] === value ? document : { ...document, [field]: value };
}
