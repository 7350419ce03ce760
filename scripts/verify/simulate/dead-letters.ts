import type { PubSub } from "@google-cloud/pubsub";

const TOPIC = "pulsecart.dead-letters";

/** A collector of dead letters, from its creation on. */
export interface DeadLetterWatch {
  /** Event ids of the dead letters so far. */
  readonly eventIds: readonly string[];
  close(): Promise<void>;
}

/** Watches dead letters through a subscription of its own. The regular consumer gets every dead letter as well. */
export async function watchDeadLetters(pubsub: PubSub, tag: string): Promise<DeadLetterWatch> {
  const [subscription] = await pubsub.topic(TOPIC).createSubscription(`simulate-${tag}`);
  const eventIds: string[] = [];
  subscription.on("message", message => {
    eventIds.push(String(message.attributes["event_id"] ?? message.id));
    message.ack();
  });
  // The client reconnects automatically and then gets the messages that it missed.
  subscription.on("error", () => undefined);
  return {
    eventIds,
    close: async () => {
      await subscription.close();
      await subscription.delete();
    },
  };
}
