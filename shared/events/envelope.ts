import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";
import type { EventType, FactOf, IdsOf, PayloadOf } from "./catalogue.ts";
import { definitionOf } from "./catalogue.ts";
import type { SubjectField } from "./define.ts";
import { isId } from "./define.ts";
import { isTimestamp } from "./timestamp.ts";

/**
 * An event as it travels through PulseCart: a union over the types, so that looking at `event_type` says what
 * the payload and the ids are.
 */
export type PulseCartEvent<T extends EventType = EventType> = {
  [K in T]: Published<K> & IdsOf<K>;
}[T];

interface Published<T extends EventType> {
  readonly event_type: T;
  readonly event_id: string;
  /** When it happened, as the producer says; it may be long ago. */
  readonly timestamp: string;
  readonly user_id?: string | undefined;
  readonly session_id?: string | undefined;
  readonly order_id?: string | undefined;
  readonly payload: PayloadOf<T>;
  readonly schema_version: number;
  readonly producer: string;
  /** When PulseCart heard of it. */
  readonly received_at: string;
  readonly correlation_id: string;
  readonly causation_id?: string | undefined;
  readonly traceparent?: string | undefined;
}

const FINGERPRINT_CHARACTERS = 32; // 192 bits of SHA-256 in base64url: no two bodies of one id meet by chance

/** A hash of what a producer sent. The order of keys does not matter; anything else that differs does. */
export function fingerprintOf(raw: unknown): string {
  return createHash("sha256").update(canonicalJson(raw)).digest("base64url").slice(0, FINGERPRINT_CHARACTERS);
}

/**
 * Whom or what an event is about, the key its order is kept by: the user where it names one, else its order,
 * purchase or product.
 * @throws TypeError for an event that was not validated and names none of them.
 */
export function subjectOf(event: FactOf | PulseCartEvent): string {
  for (const field of definitionOf(event.event_type).subject) {
    const subject = readSubject(event, field);
    if (typeof subject === "string") return subject;
  }
  throw new TypeError(`this ${event.event_type} names no subject: validate it first`);
}

function readSubject(event: FactOf | PulseCartEvent, field: SubjectField): unknown {
  if (field === "user_id" || field === "order_id") return event[field];
  const payload: Readonly<Record<string, unknown>> = event.payload;
  return payload[field.slice("/payload/".length)];
}

// Version 00 of https://www.w3.org/TR/trace-context/; an id of zeros only means "none".
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether a text can be an event's trace context; what cannot is left out, it is never worth refusing an event. */
export function isTraceparent(text: unknown): text is string {
  return typeof text === "string" && TRACEPARENT.test(text);
}

/** What the pipeline knows about an event it has just received. */
export interface Enrichment {
  nowMs: number;
  /** Called only where the event has no id of its own. */
  newId(): string;
  /** Who published it. */
  producer: string;
  /** Used where the event has none of its own; without either it is the event's own id. */
  correlationId?: string;
  /** The id of the event or request that made this one happen. */
  causationId?: string;
  /** Used where the event has none of its own. */
  traceparent?: string;
}

/**
 * Fills in what an event lacks and what only the pipeline may say. Id, time, correlation and trace are the
 * sender's where it gave them; producer, received_at, causation_id and schema_version never are.
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

/** Whether an event has been through ingest or an owner: all that the pipeline fills in is there. */
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
