import type { PulseCartEvent } from "../../events/envelope.ts";
import { fingerprintOf, isPublished, subjectOf } from "../../events/envelope.ts";
import { validate } from "../../events/validate.ts";
import type { Cause } from "../records/ledger-entry.ts";
import type { Message } from "./message.ts";

/** A Pub/Sub message and the event in it. */
export type ReceivedMessage = { message: Message } & (
  | { kind: "event"; event: PulseCartEvent; fingerprint: string }
  /** No handler can ever process the message. */
  | { kind: "unreadable"; reason: string }
  /** Another system published the message straight to the topic: the consumer `adopt` publishes it properly. */
  | { kind: "not-published" }
);

/**
 * Tells whether PulseCart published the message. Only its publisher sets a fingerprint; other systems set attributes
 * such as `event_type` as well.
 */
export function hasFingerprint(message: Pick<Message, "attributes">): boolean {
  return message.attributes["fingerprint"] !== undefined;
}

/** Reads the event of a message for a reaction. */
export function readMessage(message: Message): ReceivedMessage {
  // Filters of reactions pass every message with a wanted `event_type`, whichever system published it.
  if (!hasFingerprint(message)) return { kind: "not-published", message };
  const read = readEvent(message);
  if (!read.ok) return { kind: "unreadable", message, reason: read.reason };
  return { kind: "event", message, event: read.event, fingerprint: read.fingerprint };
}

/** An event, or the reason why there is none. The reason names places and expectations, never values. */
export type ReadEvent =
  | { ok: true; event: PulseCartEvent; fingerprint: string }
  | { ok: false; reason: string };

/**
 * Reads the event in a message's data. Topics are open, so the event is validated again.
 * @returns the event in the current shape, whatever its version
 */
export function readEvent(message: Pick<Message, "data" | "attributes">): ReadEvent {
  let raw: unknown;
  try {
    raw = JSON.parse(message.data.toString("utf8"));
  } catch {
    return { ok: false, reason: "the message is not JSON" };
  }
  const checked = validate(raw);
  if (!checked.ok) {
    const places = checked.faults.map(fault => `${fault.pointer || "/"}: expected ${fault.expected}`);
    return { ok: false, reason: `not a valid event (${checked.kind}): ${places.join("; ")}` };
  }
  if (!isPublished(checked.event)) {
    return { ok: false, reason: "the event lacks PulseCart's own fields: another system published it" };
  }
  return {
    ok: true,
    event: checked.event,
    fingerprint: message.attributes["fingerprint"] ?? fingerprintOf(raw),
  };
}

/** Returns the lane key of an event: its user, else the session of a guest, else its subject. */
export function laneKeyOf(event: PulseCartEvent): string {
  return event.user_id ?? event.session_id ?? subjectOf(event);
}

/** Returns the cause of a unit of work that an event starts. */
export function causeOf(event: PulseCartEvent, fingerprint: string): Cause {
  return {
    producer: event.producer,
    id: event.event_id,
    event_type: event.event_type,
    subject: subjectOf(event),
    fingerprint,
    correlation_id: event.correlation_id,
    day: event.received_at.slice(0, 10),
    traceparent: event.traceparent,
  };
}

/** Returns the cause for a message that holds no event. Pub/Sub's message id identifies its redeliveries. */
export function unreadableCause(message: Message): Cause {
  return {
    producer: "pubsub",
    id: message.messageId,
    event_type: message.attributes["event_type"] ?? "unknown",
    subject: message.attributes["subject"] ?? "unknown",
    fingerprint: "",
    correlation_id: message.messageId,
  };
}
