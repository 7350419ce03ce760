// Stand-in for `shared/google/pubsub.ts` while a day is filled: a published message is delivered next.
import type { OutgoingMessage } from "../../../../shared/google/pubsub.ts";
import { queueMessage } from "./deliveries.ts";

export async function publishMessage(message: OutgoingMessage): Promise<string> {
  return queueMessage(message);
}

export const pubsub = (): never => {
  throw new Error("Pub/Sub client unsupported: the stand-in for Pub/Sub publishes only.");
};
export const closePubSub = pubsub;
