import type { PubSub, Topic } from "@google-cloud/pubsub";
import { config } from "../config.ts";
import { PublishUnconfirmed } from "../errors.ts";

/** One message as it goes out. Without an ordering key it stands alone and may share a request with others. */
export interface OutgoingMessage {
  topic: string;
  data: Buffer;
  attributes: Record<string, string>;
  orderingKey?: string;
}

/** How long Pub/Sub may take to confirm before the caller is told to come again. */
const PUBLISH_TIMEOUT_MS = 10_000;

/** What stands alone arrives in bursts: fewer, fuller requests cost less and wait 50 ms at most. */
const BATCHED = { maxMessages: 100, maxBytes: 1024 * 1024, maxMilliseconds: 50 };

/** What is ordered goes at once: a publish request holds one key, so waiting would gather nothing. */
const AT_ONCE = { maxMessages: 1, maxMilliseconds: 0 };

let client: Promise<PubSub> | undefined;
const topics = new Map<string, Topic>();

/**
 * Publishes one message and answers Pub/Sub's message id once it is stored there.
 * A failed ordered publish blocks its key in this process until it is resumed: that is done here, so the next
 * message of the same key is tried afresh.
 * @throws PublishUnconfirmed when Pub/Sub refused it or did not confirm within 10 s.
 */
export async function publishMessage(message: OutgoingMessage): Promise<string> {
  const { orderingKey } = message;
  const topic = await topicFor(message.topic, orderingKey !== undefined);
  try {
    return await topic.publishMessage({
      data: message.data,
      attributes: message.attributes,
      ...(orderingKey === undefined ? {} : { orderingKey }),
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

/** The client's own default gives up after a minute; a caller waits for this one. */
const publishBackoff = {
  initialRetryDelayMillis: 100,
  retryDelayMultiplier: 2,
  maxRetryDelayMillis: 2_000,
  initialRpcTimeoutMillis: 5_000,
  rpcTimeoutMultiplier: 1,
  maxRpcTimeoutMillis: 5_000,
  totalTimeoutMillis: PUBLISH_TIMEOUT_MS,
};

/** Built on first use and not before: loading the client takes longer than starting the function. */
export function pubsub(): Promise<PubSub> {
  client ??= import("@google-cloud/pubsub").then(
    ({ PubSub }) => new PubSub({ projectId: config().projectId }),
  );
  return client;
}

/** Sends what is still gathered and ends the client of this process. */
export async function closePubSub(): Promise<void> {
  const closing = client;
  client = undefined;
  await Promise.all([...topics.values()].map(topic => topic.flush()));
  topics.clear();
  await (await closing)?.close();
}
