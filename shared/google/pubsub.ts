import type { PubSub, Topic } from "@google-cloud/pubsub";
import { config } from "../config.ts";
import { PublishUnconfirmed } from "../errors.ts";
import { SECOND_MS } from "../values/durations.ts";

/** A message to publish. Absent ordering key: the message is unordered and may share a request with others. */
export interface OutgoingMessage {
  topic: string;
  data: Buffer;
  attributes: Record<string, string>;
  orderingKey?: string;
}

/** Max time for Pub/Sub's confirmation, in milliseconds. Then the caller gets an error and retries. */
const PUBLISH_TIMEOUT_MS = 10 * SECOND_MS;

/** Batching of unordered messages. They arrive in bursts: fewer, fuller requests cost less and wait 50 ms at most. */
const BATCHED = { maxMessages: 100, maxBytes: 1024 * 1024, maxMilliseconds: 50 };

/** Batching of ordered messages: none. The client batches each key separately, and a key rarely has two messages at once. */
const AT_ONCE = { maxMessages: 1, maxMilliseconds: 0 };

let client: Promise<PubSub> | undefined;
const topics = new Map<string, Topic>();

/**
 * Publishes one message. A failed ordered publish blocks its key in this process. The key is resumed here, so the next
 * message of the key is published again.
 * @returns Pub/Sub's message id, once the message is stored there
 * @throws PublishUnconfirmed when Pub/Sub refused the message or did not confirm it within 10 s
 */
export async function publishMessage(message: OutgoingMessage): Promise<string> {
  const { orderingKey } = message;
  const topic = await topicFor(message.topic, orderingKey !== undefined);
  try {
    return await topic.publishMessage({
      data: message.data,
      attributes: message.attributes,
      orderingKey,
    });
  } catch (error) {
    if (orderingKey !== undefined) topic.resumePublishing(orderingKey);
    throw new PublishUnconfirmed(`Pub/Sub did not confirm a message for ${message.topic}`, { cause: error });
  }
}

async function topicFor(name: string, ordered: boolean): Promise<Topic> {
  const key = `${name} ${ordered}`;
  const known = topics.get(key);
  if (known) return known;
  const topic = (await pubsub()).topic(config().resourcePrefix + name, {
    messageOrdering: ordered,
    batching: ordered ? AT_ONCE : BATCHED,
    gaxOpts: { timeout: PUBLISH_TIMEOUT_MS, retry: { backoffSettings: publishBackoff } },
  });
  topics.set(key, topic);
  return topic;
}

/** Retries within the timeout. The client's default gives up after a minute, longer than a caller waits. */
const publishBackoff = {
  initialRetryDelayMillis: 100,
  retryDelayMultiplier: 2,
  maxRetryDelayMillis: 2_000,
  initialRpcTimeoutMillis: 5_000,
  rpcTimeoutMultiplier: 1,
  maxRpcTimeoutMillis: 5_000,
  totalTimeoutMillis: PUBLISH_TIMEOUT_MS,
};

/** Returns the client, loaded on first use: loading takes longer than starting the function. */
export function pubsub(): Promise<PubSub> {
  client ??= import("@google-cloud/pubsub").then(
    ({ PubSub }) => new PubSub({ projectId: config().projectId }),
  );
  return client;
}

/** Sends the messages of open batches and closes the client of this process. */
export async function closePubSub(): Promise<void> {
  const closing = client;
  client = undefined;
  await Promise.all([...topics.values()].map(topic => topic.flush()));
  topics.clear();
  await (await closing)?.close();
}
