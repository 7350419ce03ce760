import { setTimeout as delay } from "node:timers/promises";
import type { Topic } from "@google-cloud/pubsub";
import type { Endpoint } from "./endpoint.ts";
import { startEndpoint } from "./endpoint.ts";
import type { Load, Measure } from "./measure.ts";
import { messageOf, pubsubAt, uniqueName } from "./messages.ts";

const BACKLOG = 10_000;
const KEYS = 1_000;
const LONGEST_MS = 30_000;
const LOOK_MS = 20;

export const unorderedPushes = pushes("unordered", false);
export const orderedPushes = pushes(`ordered, ${KEYS} keys`, true);

/** How fast a push subscription works off a backlog. */
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

/** Returns the key of each message by its id; a key's messages come in the order of the list. */
async function publishBacklog(topic: Topic, ordered: boolean): Promise<Map<string, string>> {
  const keys = Array.from({ length: BACKLOG }, (_, index) => `usr_${index % KEYS}`);
  const ids = await Promise.all(
    keys.map((key, index) =>
      topic.publishMessage({ ...messageOf(index), ...(ordered && { orderingKey: key }) }),
    ),
  );
  return new Map(ids.map((id, index) => [id, ordered ? (keys[index] ?? "") : id]));
}

interface Delivered {
  id: string;
  atMs: number;
}

/** The first delivery of each message. Throws when one is missing after 30 s, or a key's are out of order. */
async function deliveries(endpoint: Endpoint, published: Map<string, string>): Promise<Delivered[]> {
  const deadlineMs = performance.now() + LONGEST_MS;
  const first = new Map<string, Delivered>();
  for (let read = 0; first.size < published.size; ) {
    if (performance.now() > deadlineMs)
      throw new Error(`${first.size} of ${published.size} were pushed in time`);
    await delay(LOOK_MS);
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
      throw new Error(`the messages of ${key} were pushed out of order`);
  }
}

/** From the first to the last: how long a server takes to notice that it may push does not count. */
function perSecond(delivered: readonly Delivered[]): number {
  const times = delivered.map(({ atMs }) => atMs);
  const ms = Math.max(...times) - Math.min(...times);
  return ((times.length - 1) * 1000) / ms;
}
