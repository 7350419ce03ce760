import { PermanentError } from "../../shared/errors.ts";
import { consumer } from "../../shared/pipeline/consumer.ts";
import { deliveryAttempt, unreadableAttempt } from "../../shared/pipeline/process/create-attempt.ts";
import { failEvent } from "../../shared/pipeline/process/process-event.ts";
import type { Message } from "../../shared/pipeline/receive/message.ts";
import { hasFingerprint, readEvent } from "../../shared/pipeline/receive/received-event.ts";
import { DEAD_LETTERS, functionOf } from "../../shared/pipeline/receive/subscription-name.ts";

/** Retention of dead letters, in days: the most that Pub/Sub offers. The ledger's retention counts on it. */
const RETENTION_DAYS = 31;

/**
 * Receives the messages that Pub/Sub gave up on, because a reaction did not answer. The event is deferred in that
 * reaction's ledger as after a failed try. The time of its first publishing decides its place in the lane.
 */
export const deadLetters = consumer(
  "dead-letters",
  [{ topic: DEAD_LETTERS, filter: "", retentionDays: RETENTION_DAYS }],
  {
    message: async letter => {
      const { attributes } = letter;
      const reaction = functionOf(attributes["CloudPubSubDeadLetterSourceSubscription"] ?? "");
      const deliveries = attributes["CloudPubSubDeadLetterSourceDeliveryCount"] ?? "many";
      const error = new Error(`Pub/Sub gave up after ${deliveries} deliveries`);
      if (reaction === undefined) {
        const attempt = unreadableAttempt("dead-letters", letter);
        return failEvent(attempt, new PermanentError("the message came from no subscription of PulseCart"));
      }
      // The consumer `adopt` has received the message as well, and publishes it for all reactions.
      if (!hasFingerprint(letter)) return { outcome: "not-mine" };
      const read = readEvent(letter);
      if (!read.ok) return failEvent(unreadableAttempt(reaction, letter), new PermanentError(read.reason));
      const { event, fingerprint } = read;
      const publishTime = publishTimeOf(letter);
      return failEvent(deliveryAttempt(reaction, event, { publishTime, fingerprint }), error);
    },
    // No reaction can retry the messages that are parked here: an operator drops them.
    release: async () => ({ outcome: "not-mine" }),
  },
);

/** Returns the time of the first publishing, not of the dead-lettering. */
function publishTimeOf({ attributes, publishTime }: Message): string {
  return attributes["CloudPubSubDeadLetterSourceTopicPublishTime"] ?? publishTime;
}
