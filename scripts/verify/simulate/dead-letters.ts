import type { PubSub } from "@google-cloud/pubsub";

const TOPIC = "pulsecart.dead-letters";

/** Hears what Pub/Sub gives up from now on. */
export interface DeadLetterWatch {
  /** What was given up so far, by event id. */
  readonly heard: readonly string[];
  close(): Promise<void>;
}

/** A subscription of its own, for as long as somebody looks: those who are meant to get dead letters get them, too. */
export async function watchDeadLetters(pubsub: PubSub, tag: string): Promise<DeadLetterWatch> {
  const [subscription] = await pubsub.topic(TOPIC).createSubscription(`simulate-${tag}`);
  const heard: string[] = [];
  subscription.on("message", message => {
    heard.push(String(message.attributes["event_id"] ?? message.id));
    message.ack();
  });
  // The client connects again by itself; what was not heard meanwhile comes then.
  subscription.on("error", () => undefined);
  return {
    heard,
    close: async () => {
      await subscription.close();
      await subscription.delete();
    },
  };
}
