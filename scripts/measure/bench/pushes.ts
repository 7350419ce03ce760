import { setTimeout as delay } from "node:timers/promises";
import type { Topic } from "@google-cloud/pubsub";
import type { Endpoint } from "./endpoint.ts";
import { startEndpoint } from "./endpoint.ts";
import type { Load, Measure } from "./measure.ts";
import { messageOf, pubsubAt, uniqueName } from "./messages.ts";

const BACKLOG = 10_000;
const KEYS = 1_000;
const TIMEOUT_MS = 30_000;
const POLL_MS = 20;

export const unorderedPushes = pushes("unordered", false);
export const orderedPushes = pushes(`ordered, ${KEYS} keys`, true);

/** Measures how fast a push subscription delivers a backlog. */
function pushes(how: string, ordered: boolean): Measure {
  return {
    name: `Pub/Sub push deliveries/s, ${how}, backlog of ${BACKLOG.toLocaleString("en")}`,
    service: "pubsub",
    least: 5,
    prepare: host => prepare(host, ordered),
  };
}

async function prepare(host: string, ordered: boolean): Promise<Load> {
  const pubsub = pubsubAt(host);
  const [created] = await pubsub.createTopic(uniqueName("topic"));
  const batching = { maxMessages: 100, maxMilliseconds: 10 };
  const topic = pubsub.topic(created.name, { batching, messageOrdering: ordered });

  const round = async (): Promise<number> => {
    const endpoint = await startEndpoint();
    const [subscription] = await topic.createSubscription(uniqueName("push"), {
      enableMessageOrdering: ordered,
      ackDeadlineSeconds: 60,
    });
    const published = await publishBacklog(topic, ordered);
    try {
      await subscription.modifyPushConfig({ pushEndpoint: endpoint.url });
      return perSecond(await deliveries(endpoint, published));
    } finally {
      await subscription.delete();
      endpoint.close();
    }
  };
  return { round, warmUp: async () => void (await round()), close: () => pubsub.close() };
}

/**
 * Publishes the backlog.
 * @returns the ordering key of each message by its id, in the order of publication
 */
async function publishBacklog(topic: Topic, ordered: boolean): Promise<Map<string, string>> {
  const keys = Array.from({ length: BACKLOG }, (_, index) => `usr_${index % KEYS}`);
  const ids = await Promise.all(
    keys.map((key, index) =>
      topic.publishMessage({ ...messageOf(index), orderingKey: ordered ? key : undefined }),
    ),
  );
  return new Map(ids.map((id, index) => [id, ordered ? (keys[index] ?? "") : id]));
}

interface Delivered {
  id: string;
  atMs: number;
}

/**
 * Waits for the first delivery of each message.
 * @throws Error when a message is missing after 30 s, or the messages of a key are out of order
 */
async function deliveries(endpoint: Endpoint, published: Map<string, string>): Promise<Delivered[]> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  const first = new Map<string, Delivered>();
  for (let read = 0; first.size < published.size; ) {
    if (performance.now() > deadlineMs)
      throw new Error(`Push timed out after 30 s: expected ${published.size} messages, got ${first.size}`);
    await delay(POLL_MS);
    for (; read < endpoint.received.length; read += 1) {
      const { atMs, body } = endpoint.received[read] ?? { atMs: 0, body: Buffer.alloc(0) };
      const id = String(JSON.parse(body.toString()).message.messageId);
      if (!first.has(id)) first.set(id, { id, atMs });
    }
  }
  checkOrder([...first.keys()], published);
  return [...first.values()];
}

function checkOrder(delivered: readonly string[], published: Map<string, string>): void {
  const byKey = (ids: Iterable<string>) => Map.groupBy(ids, id => published.get(id) ?? "");
  const wanted = byKey(published.keys());
  for (const [key, ids] of byKey(delivered)) {
    if (ids.join() !== wanted.get(key)?.join())
      throw new Error(
        `Messages of ${key} out of order: expected ${wanted.get(key)?.join()}, got ${ids.join()}`,
      );
  }
}

/** Returns the rate between the first and the last delivery. The server's delay before the first one does not count. */
function perSecond(delivered: readonly Delivered[]): number {
  const times = delivered.map(({ atMs }) => atMs);
  const ms = Math.max(...times) - Math.min(...times);
  return ((times.length - 1) * 1000) / ms;
}
