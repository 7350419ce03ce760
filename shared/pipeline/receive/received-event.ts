import type { PulseCartEvent } from "../../events/envelope.ts";
import { fingerprintOf, isPublished, subjectOf } from "../../events/envelope.ts";
import { validate } from "../../events/validate.ts";
import type { Cause } from "../records/ledger-entry.ts";
import type { Message } from "./message.ts";

export type ReceivedEvent =
  | { ok: true; event: PulseCartEvent; fingerprint: string }
  /** It can never be handled; the reason names places and expectations, never values. */
  | { ok: false; reason: string };

/** Reads the event in a message: current shape whatever its version, checked again, because topics are open. */
export function readEvent(message: Pick<Message, "data" | "attributes">): ReceivedEvent {
  let raw: unknown;
  try {
    raw = JSON.parse(message.data.toString("utf8"));
  } catch {
    return { ok: false, reason: "the message is not JSON" };
  }
  const checked = validate(raw);
  if (!checked.ok) {
    const places = checked.faults.map(fault => `${fault.pointer || "/"}: expected ${fault.expected}`);
    return {
      ok: false,
      reason: `not a valid event (${checked.kind}): ${places.join("; ")}`,
    };
  }
  if (!isPublished(checked.event)) {
    return {
      ok: false,
      reason: "the event was published by somebody else than PulseCart: it lacks its own fields",
    };
  }
  return {
    ok: true,
    event: checked.event,
    fingerprint: message.attributes["fingerprint"] ?? fingerprintOf(raw),
  };
}

/**
 * Whose events run one after the other in an ordered reaction: the user's, a guest's session's, else the
 * subject's.
 */
export function laneKeyOf(event: PulseCartEvent): string {
  return event.user_id ?? event.session_id ?? subjectOf(event);
}

/** What a unit of work that this event causes is recorded under. */
export function causeOf(event: PulseCartEvent, fingerprint: string): Cause {
  return {
    producer: event.producer,
    id: event.event_id,
    event_type: event.event_type,
    subject: subjectOf(event),
    fingerprint,
    correlation_id: event.correlation_id,
    day: event.received_at.slice(0, 10),
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
  };
}

/** The same for a message that holds no event: Pub/Sub's own id tells its deliveries apart from other messages. */
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
