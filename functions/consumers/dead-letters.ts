import { PermanentError } from "../../shared/errors.ts";
import { consumer } from "../../shared/pipeline/consumer.ts";
import { failAttempt } from "../../shared/pipeline/process/process-event.ts";
import { deliveryOf, unreadable } from "../../shared/pipeline/process/react.ts";
import type { Message } from "../../shared/pipeline/receive/message.ts";
import { readEvent } from "../../shared/pipeline/receive/received-event.ts";
import { DEAD_LETTERS, functionOf } from "../../shared/pipeline/receive/subscription-name.ts";

/** Pub/Sub's most, and what the ledger's retention reckons with. */
const RETENTION_DAYS = 31;

/**
 * Takes what Pub/Sub gave up: a reaction that could not even run for it. It is deferred in that reaction's own
 * ledger, as if it had been tried and failed, at the place among its key's events that its publishing gave it.
 */
export const deadLetters = consumer(
  "dead-letters",
  [{ topic: DEAD_LETTERS, filter: "", retentionDays: RETENTION_DAYS }],
  {
    message: letter => {
      const { attributes } = letter;
      const reaction = functionOf(attributes["CloudPubSubDeadLetterSourceSubscription"] ?? "");
      const deliveries = attributes["CloudPubSubDeadLetterSourceDeliveryCount"] ?? "many";
      const error = new Error(`Pub/Sub gave it up after ${deliveries} deliveries`);
      if (reaction === undefined) {
        const attempt = unreadable("dead-letters", letter);
        return failAttempt(attempt, new PermanentError("no subscription of PulseCart's gave it up"));
      }
      const read = readEvent(letter);
      if (!read.ok) return failAttempt(unreadable(reaction, letter), new PermanentError(read.reason));
      const { event, fingerprint } = read;
      const message = { publishTime: publishTimeOf(letter) };
      return failAttempt(deliveryOf(reaction, event, { message, fingerprint }), error);
    },
    // What is parked here belongs to nobody who could try it again: it can be dropped.
    release: async () => true,
  },
);

/** When it was published first, not when it was given up. */
function publishTimeOf({ attributes, publishTime }: Message): string {
  return attributes["CloudPubSubDeadLetterSourceTopicPublishTime"] ?? publishTime;
}
