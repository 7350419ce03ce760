import { setTimeout as delay } from "node:timers/promises";
import { v1 } from "@google-cloud/pubsub";
import type { Load, Measure } from "./measure.ts";
import { messageOf, pubsubAt, uniqueName } from "./messages.ts";
import { connectPublisher } from "./publisher-connection.ts";
import { repeat } from "./repeat.ts";

/** Messages per request, requests at once, and requests per round. */
interface Publishing {
  perRequest: number;
  workers: number;
  requests: number;
}

export const singlePublishes = publishes("one per request", { perRequest: 1, workers: 32, requests: 5_000 });
export const batchPublishes = publishes("100 per request", { perRequest: 100, workers: 8, requests: 200 });

/** Rounds of warm-up. A round takes a third of a second, and compilers, Java's above all, need several to optimise. */
const WARM_UP_ROUNDS = 8;

/** Empty pulls in a row after which messages count as lost. */
const MAX_EMPTY_PULLS = 20;
const PULL_AGAIN_MS = 100;

function publishes(how: string, publishing: Publishing): Measure {
  return {
    name: `Pub/Sub publishes/s, ${how}, ${publishing.workers} requests at once`,
    service: "pubsub",
    least: 1,
    prepare: host => prepare(host, publishing),
  };
}

async function prepare(host: string, { perRequest, workers, requests }: Publishing): Promise<Load> {
  const pubsub = pubsubAt(host);
  const [topic] = await pubsub.createTopic(uniqueName("topic"));
  const config = { ...pubsub.options, ...(await pubsub.getClientConfig()) };
  const puller = new v1.SubscriberClient(config);
  const publisher = connectPublisher(host);

  const round = async (): Promise<number> => {
    const [subscription] = await topic.createSubscription(uniqueName("pull"));
    const prepared = Array.from({ length: requests }, (_, index) =>
      publisher.prepare({
        topic: topic.name,
        messages: Array.from({ length: perRequest }, (_, place) => messageOf(index * perRequest + place)),
      }),
    );
    const answers: Buffer[] = [];
    const perSecond = await repeat({ workers, times: requests }, async ({ index }) => {
      answers.push(await publisher.send(prepared[index] as Buffer));
    });
    const ids = new Set(answers.flatMap(publisher.idsOf));
    if (ids.size !== requests * perRequest)
      throw new Error(`Message ids wrong: expected ${requests * perRequest} different ones, got ${ids.size}`);
    await checkArrived(ids, puller, subscription.name);
    await subscription.delete();
    return perSecond * perRequest;
  };
  return {
    round,
    warmUp: async () => {
      for (let i = 0; i < WARM_UP_ROUNDS; i += 1) await round();
    },
    close: async () => {
      publisher.close();
      await puller.close();
      await pubsub.close();
    },
  };
}

/** Pulls messages until every published one has arrived. */
async function checkArrived(ids: Set<string>, puller: v1.SubscriberClient, name: string): Promise<void> {
  const left = new Set(ids);
  for (let empty = 0; left.size > 0; ) {
    const [{ receivedMessages }] = await puller.pull({ subscription: name, maxMessages: 1_000 });
    const received = receivedMessages ?? [];
    for (const { message } of received) left.delete(String(message?.messageId));
    const ackIds = received.map(({ ackId }) => String(ackId));
    if (ackIds.length > 0) await puller.acknowledge({ subscription: name, ackIds });
    else await delay(PULL_AGAIN_MS);
    empty = ackIds.length > 0 ? 0 : empty + 1;
    if (empty > MAX_EMPTY_PULLS)
      throw new Error(`Messages lost: expected ${ids.size} to arrive, ${left.size} never did`);
  }
}
