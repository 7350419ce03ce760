import type { Subscription, v1 } from "@google-cloud/pubsub";
import { EVENTUALLY_MS } from "./eventually.ts";

/** One pulled message. */
export interface Pulled {
  ackId: string;
  text: string;
  messageId: string;
  orderingKey: string;
  attributes: Record<string, string>;
  deliveryAttempt: number;
}

/** Creates functions that pull and acknowledge with the raw client. */
export function pulling(subscriber: v1.SubscriberClient) {
  async function pull({ name: subscription }: Subscription, maxMessages = 1000): Promise<Pulled[]> {
    const [answer] = await subscriber.pull({ subscription, maxMessages, returnImmediately: true });
    return (answer.receivedMessages ?? []).map(({ ackId, message, deliveryAttempt }) => ({
      ackId: ackId ?? "",
      text: Buffer.from(message?.data ?? "").toString(),
      messageId: message?.messageId ?? "",
      orderingKey: message?.orderingKey ?? "",
      attributes: message?.attributes ?? {},
      deliveryAttempt: deliveryAttempt ?? 0,
    }));
  }
  const idsOf = (pulled: readonly (Pulled | undefined)[]) => pulled.map(each => each?.ackId ?? "");
  return {
    pull,
    async pullAll(subscription: Subscription, count: number) {
      const deadlineMs = performance.now() + EVENTUALLY_MS;
      const all: Pulled[] = [];
      while (all.length < count) {
        if (performance.now() > deadlineMs) {
          throw new Error(
            `Messages missing: expected ${count}, got ${all.length}: ${all.map(({ text }) => text)}`,
          );
        }
        all.push(...(await pull(subscription)));
      }
      return all;
    },
    acknowledge: ({ name: subscription }: Subscription, ...pulled: (Pulled | undefined)[]) =>
      subscriber.acknowledge({ subscription, ackIds: idsOf(pulled) }),
    setDeadline: (
      { name: subscription }: Subscription,
      ackDeadlineSeconds: number,
      ...pulled: (Pulled | undefined)[]
    ) => subscriber.modifyAckDeadline({ subscription, ackDeadlineSeconds, ackIds: idsOf(pulled) }),
  };
}
