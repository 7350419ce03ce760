import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";
import type { EventType, FactOf, IdsOf, PayloadOf } from "./catalogue.ts";
import { definitionOf } from "./catalogue.ts";
import type { SubjectField } from "./define.ts";
import { isId } from "./define.ts";
import type { JsonObject } from "./json-object.ts";
import { isTimestamp } from "./timestamp.ts";

/**
 * An event as it travels through PulseCart. The type is a union over all event types: a check of `event_type` narrows
 * the payload and the ids.
 */
export type PulseCartEvent<T extends EventType = EventType> = {
  [K in T]: Published<K> & IdsOf<K>;
}[T];

interface Published<T extends EventType> {
  readonly event_type: T;
  readonly event_id: string;
  /** The time at which the producer says the event happened, in ISO 8601; it may be long ago. */
  readonly timestamp: string;
  readonly user_id?: string;
  readonly session_id?: string;
  readonly order_id?: string;
  readonly payload: PayloadOf<T>;
  readonly schema_version: number;
  readonly producer: string;
  /** The time at which PulseCart received the event, in ISO 8601. */
  readonly received_at: string;
  readonly correlation_id: string;
  readonly causation_id?: string;
  readonly traceparent?: string;
}

/** Length of a fingerprint: 192 bits of SHA-256 in base64url, so two bodies of one id never collide by chance. */
const FINGERPRINT_CHARACTERS = 32;

/** Hashes what a producer sent. The order of keys does not matter; every other difference does. */
export function fingerprintOf(raw: unknown): string {
  return createHash("sha256").update(canonicalJson(raw)).digest("base64url").slice(0, FINGERPRINT_CHARACTERS);
}

/**
 * Returns the subject of an event, which is its ordering key.
 * @returns the user if the event names one, else its order, purchase or product
 * @throws TypeError for an event that was not validated and names none of them
 */
export function subjectOf(event: FactOf | PulseCartEvent): string {
  for (const field of definitionOf(event.event_type).subject) {
    const subject = readSubject(event, field);
    if (typeof subject === "string") return subject;
  }
  throw new TypeError(
    `event ${event.event_type} names no subject: expected a validated event; call validate first`,
  );
}

function readSubject(event: FactOf | PulseCartEvent, field: SubjectField): unknown {
  if (field === "user_id" || field === "order_id") return event[field];
  const payload: JsonObject = event.payload;
  return payload[field.slice("/payload/".length)];
}

// Version 00 of https://www.w3.org/TR/trace-context/; an id of zeros means "none".
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Tells whether a text is a valid trace context. An invalid one is left out and never refuses an event. */
export function isTraceparent(text: unknown): text is string {
  return typeof text === "string" && TRACEPARENT.test(text);
}

/** Facts that the pipeline knows about an event it has just received. */
export interface Enrichment {
  nowMs: number;
  /** Creates an id; called only when the event has no id of its own. */
  newId(): string;
  producer: string;
  /** The correlation id when the event has none of its own; absent means the event's own id. */
  correlationId?: string;
  /** The id of the event or request that caused this event. */
  causationId?: string;
  /** The trace context when the event has none of its own. */
  traceparent?: string;
}

/**
 * Fills in the missing fields of an event and the fields that only the pipeline may set. Id, time, correlation and
 * trace stay the sender's if given; producer, received_at, causation_id and schema_version never do.
 */
export function enrich<T extends EventType>(event: FactOf<T>, known: Enrichment): PulseCartEvent<T> {
  const receivedAt = new Date(known.nowMs).toISOString();
  const eventId = event.event_id ?? known.newId();
  const traceparent = [event.traceparent, known.traceparent].find(isTraceparent);
  const enriched = {
    event_type: event.event_type,
    event_id: eventId,
    timestamp: event.timestamp ?? receivedAt,
    ...present({
      user_id: event.user_id,
      session_id: event.session_id,
      order_id: event.order_id,
    }),
    payload: event.payload,
    schema_version: definitionOf(event.event_type).version,
    producer: known.producer,
    received_at: receivedAt,
    correlation_id: isId(event.correlation_id) ? event.correlation_id : (known.correlationId ?? eventId),
    ...present({ causation_id: known.causationId, traceparent }),
  };
  // The ids came from a fact of the same type, which TypeScript cannot follow through a generic union.
  return enriched as unknown as PulseCartEvent<T>;
}

/** Tells whether ingest or an owner has published the event: every field of the pipeline is there. */
export function isPublished(event: FactOf): event is PulseCartEvent {
  return (
    isId(event.event_id) &&
    isId(event.producer) &&
    isId(event.correlation_id) &&
    isTimestamp(event.timestamp) &&
    isTimestamp(event.received_at) &&
    event.schema_version === definitionOf(event.event_type).version
  );
}

function present(ids: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(ids)) if (value !== undefined) found[name] = value;
  return found;
}
