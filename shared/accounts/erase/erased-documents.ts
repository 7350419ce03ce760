import { withoutPersonalData } from "../../events/erase.ts";
import { isJsonObject } from "../../events/json-object.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import type { EffectRecord } from "../../pipeline/records/effect-record.ts";
import { checkEffectMove } from "../../pipeline/records/effect-state.ts";
import { expiry } from "../../pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../pipeline/records/ledger-entry.ts";
import type { Order } from "../../rules/order/order.ts";
import type { Review } from "../../rules/review.ts";
import { PERSON_ERASED } from "../erased.ts";
import type { PersonScope } from "../person-scope.ts";
import { isAnswerAbout, isEffectAbout, isEventAbout, readJson } from "../person-scope.ts";

// Each function returns a document without the personal data in it. A document without personal data is returned as the
// same object. Each function is idempotent.

export function erasedArchived(archived: ArchivedEvent, scope: PersonScope): ArchivedEvent {
  const event = erasedEvent(archived.event, scope);
  if (event === archived.event) return archived;
  const { email_hash: _removed, ...kept } = archived;
  return { ...kept, event };
}

/** Redacts the stored event and the events still to be announced. The facts and the outcome stay. */
export function erasedEntry(entry: LedgerEntry, scope: PersonScope): LedgerEntry {
  const { event, follow_ups } = entry;
  const kept = event === undefined ? entry : changed(entry, "event", erasedEvent(event, scope));
  const followUps = follow_ups?.map(one =>
    one.kind === "event" ? changed(one, "event", erasedEvent(one.event, scope)) : one,
  );
  if (!followUps || followUps.every((one, index) => one === follow_ups?.[index])) return kept;
  return { ...kept, follow_ups: followUps };
}

/** Redacts the stored answer of a command to ids, numbers and states. A repeated request gets the redacted answer. */
export function erasedCommand(entry: LedgerEntry, scope: PersonScope): LedgerEntry {
  const kept = erasedEntry(entry, scope);
  if (kept.answer === undefined || !isAnswerAbout(scope, kept.by)) return kept;
  return changed(kept, "answer", JSON.stringify(factsOf(JSON.parse(kept.answer))));
}

/**
 * Redacts an effect, and skips a planned or parked effect. A planned effect whose attempt may have reached its receiver
 * becomes unknown.
 */
export function erasedEffect(record: EffectRecord, scope: PersonScope & { nowMs: number }): EffectRecord {
  const data: unknown = JSON.parse(record.data);
  if (!isEffectAbout(scope, data)) return record;
  const facts = changed(record, "data", JSON.stringify(factsOf(data)));
  if (record.state !== "planned" && record.state !== "parked") return facts;
  const state = record.lost > 0 && record.state === "planned" ? "unknown" : "skipped";
  checkEffectMove(record.state, state);
  const ended = { ...facts, state, reason: PERSON_ERASED.skip, changed_at_ms: scope.nowMs } as const;
  return state === "skipped" ? { ...ended, ...expiry(scope.nowMs) } : ended;
}

/** Removes the reasons of cancellations and the tracking of the parcel. They say something about the person. */
export function erasedOrder(order: Order): Order {
  const { cancelled, cancellations, dispatched } = order;
  const isTracked = dispatched?.tracking_number !== undefined || dispatched?.tracking_url !== undefined;
  const isExplained =
    cancelled?.reason !== undefined || cancellations.some(({ reason }) => reason !== undefined);
  if (!isExplained && !isTracked) return order;
  const { at_ms = 0, carrier } = dispatched ?? {};
  return {
    ...order,
    cancelled: cancelled && {},
    cancellations: cancellations.map(({ reason: _reason, ...rest }) => rest),
    ...(isTracked ? { dispatched: { at_ms, ...(carrier === undefined ? {} : { carrier }) } } : {}),
  };
}

/** Removes the comment. The stars stay, because the product's rating counts them. */
export function erasedReview(review: Review): Review {
  const { comment, ...rest } = review;
  return comment === undefined ? review : rest;
}

/** Removes the personal data from an event in JSON. A text that is no event becomes an empty object. */
function erasedEvent(json: string, scope: PersonScope): string {
  const event = readJson(json);
  if (!isEventAbout(scope, event)) return json;
  return JSON.stringify((isJsonObject(event) ? withoutPersonalData(event) : undefined) ?? {});
}

/** Names of fields without free text: ids, times, values of our own enumerations, paths, lists of such objects. */
const FACT_FIELDS = /(^|_)(id|ids|at|state|status|currency|template|login|items|location|shipment)$/;

/** Keeps numbers, booleans and the texts in fact fields. Any other text may be personal. */
function factsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(factsOf);
  if (!isJsonObject(value)) return value;
  const facts = Object.entries(value).filter(
    ([name, one]) =>
      isJsonObject(one) || !(typeof one === "string" || Array.isArray(one)) || FACT_FIELDS.test(name),
  );
  return Object.fromEntries(facts.map(([name, one]) => [name, factsOf(one)]));
}

function changed<T extends object, K extends keyof T>(document: T, field: K, value: T[K]): T {
  return document[field] === value ? document : { ...document, [field]: value };
}
