import { definitionOf } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { subjectOf } from "../../events/envelope.ts";
import { publishMessage } from "../../google/pubsub.ts";

/**
 * Publishes an event to the topic of its type. A push body may lack the ordering key, so the subject travels as an
 * attribute as well.
 * @returns Pub/Sub's message id, once the event is stored there
 * @throws PublishUnconfirmed when the result is unknown; publishing again is safe
 */
export function publishEvent(event: PulseCartEvent, fingerprint: string): Promise<string> {
  const definition = definitionOf(event.event_type);
  const subject = subjectOf(event);
  return publishMessage({
    topic: definition.topic,
    data: Buffer.from(JSON.stringify(event)),
    attributes: {
      event_type: event.event_type,
      event_id: event.event_id,
      producer: event.producer,
      subject,
      fingerprint,
      ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    },
    orderingKey: definition.ordered ? subject : undefined,
  });
}
