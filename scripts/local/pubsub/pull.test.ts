import type { Message } from "@google-cloud/pubsub";
import { v1 } from "@google-cloud/pubsub";
import { credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { until } from "../http-target.ts";
import type { TestPubSub } from "./test-pubsub.ts";
import { startTestPubSub } from "./test-pubsub.ts";

const SECOND_MS = 1000;
const NAME = "projects/demo-test/subscriptions/pulled";

let pubsub: TestPubSub;
let subscriber: v1.SubscriberClient;
beforeEach(async () => {
  pubsub = await startTestPubSub();
  const [apiEndpoint = "", port = ""] = pubsub.service.host.split(":");
  subscriber = new v1.SubscriberClient({
    projectId: "demo-test",
    apiEndpoint,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  });
});
afterEach(async () => {
  await subscriber.close();
  await pubsub.close();
});

async function publish(texts: readonly string[], orderingKey = ""): Promise<void> {
  pubsub.topic.setPublishOptions({ messageOrdering: true });
  const sent = texts.map(text =>
    pubsub.topic.publishMessage({ data: Buffer.from(text), ...(orderingKey && { orderingKey }) }),
  );
  await Promise.all(sent);
}

async function pull(maxMessages = 10) {
  const [{ receivedMessages }] = await subscriber.pull({
    subscription: NAME,
    maxMessages,
    returnImmediately: true,
  });
  return (receivedMessages ?? []).map(({ ackId, message, deliveryAttempt }) => ({
    ackId: ackId ?? "",
    text: Buffer.from(message?.data ?? "").toString(),
    deliveryAttempt,
  }));
}

const textsOf = (received: ReadonlyArray<{ text: string }>) => received.map(({ text }) => text);
const acknowledge = (...ackIds: string[]) => subscriber.acknowledge({ subscription: NAME, ackIds });
const setDeadline = (ackDeadlineSeconds: number, ...ackIds: string[]) =>
  subscriber.modifyAckDeadline({ subscription: NAME, ackIds, ackDeadlineSeconds });

test("gives a pulled message to nobody else until its deadline passed, by the clock", async () => {
  await pubsub.topic.createSubscription("pulled", { ackDeadlineSeconds: 20 });
  await publish(["a"]);
  expect(textsOf(await pull())).toEqual(["a"]);
  await pubsub.advance(19 * SECOND_MS);
  expect(await pull()).toEqual([]);
  await pubsub.advance(2 * SECOND_MS);
  expect(textsOf(await pull())).toEqual(["a"]);
});

test("honours an extended deadline and a returned message, and ignores an acknowledgement that comes too late", async () => {
  await pubsub.topic.createSubscription("pulled");
  await publish(["a"]);
  const [first] = await pull();
  await setDeadline(60, first?.ackId ?? "");
  await pubsub.advance(50 * SECOND_MS);
  expect(await pull()).toEqual([]);
  await pubsub.advance(11 * SECOND_MS);
  const [second] = await pull();
  expect(second?.text).toBe("a");
  await setDeadline(0, second?.ackId ?? "");
  await acknowledge(second?.ackId ?? "");
  await pubsub.advance(SECOND_MS);
  const [third] = await pull();
  expect(third?.text).toBe("a");
  await acknowledge(third?.ackId ?? "");
  await pubsub.advance(60 * SECOND_MS);
  expect(await pull()).toEqual([]);
});

test("answers a pull that waits as soon as a message comes", async () => {
  await pubsub.topic.createSubscription("pulled");
  const waiting = subscriber.pull({ subscription: NAME, maxMessages: 1 });
  await publish(["a", "b"]);
  const [{ receivedMessages }] = await waiting;
  expect(receivedMessages).toHaveLength(1);
});

test("counts deliveries where there is a dead letter policy", async () => {
  const [deadLetters] = await pubsub.client.createTopic("dead-letters");
  const deadLetterPolicy = { deadLetterTopic: deadLetters.name, maxDeliveryAttempts: 5 };
  await pubsub.topic.createSubscription("pulled", { deadLetterPolicy });
  await publish(["a"]);
  for (const attempt of [1, 2]) {
    const [received] = await pull();
    expect(received?.deliveryAttempt).toBe(attempt);
    await setDeadline(0, received?.ackId ?? "");
    await pubsub.advance(SECOND_MS);
  }
});

test("replays the tail of a key when one of its messages comes again, acknowledged or not", async () => {
  await pubsub.topic.createSubscription("pulled", { enableMessageOrdering: true });
  await publish(["a1", "a2", "a3", "a4"], "a");
  await publish(["b1"], "b");
  const received = await pull();
  expect(textsOf(received)).toEqual(["a1", "a2", "a3", "a4", "b1"]);
  const ackIdOf = (text: string) => received.find(message => message.text === text)?.ackId ?? "";
  await acknowledge(ackIdOf("a1"), ackIdOf("a3"), ackIdOf("b1"));
  await setDeadline(0, ackIdOf("a2"));
  await acknowledge(ackIdOf("a4"));
  await pubsub.advance(SECOND_MS);
  expect(textsOf(await pull())).toEqual(["a2", "a3", "a4"]);
});

test("keeps a key with whoever holds a message of it", async () => {
  await pubsub.topic.createSubscription("pulled", { enableMessageOrdering: true });
  await publish(["a1", "a2"], "a");
  await publish(["b1"], "b");
  const [a1] = await pull(1);
  expect(a1?.text).toBe("a1");
  expect(textsOf(await pull())).toEqual(["b1"]);
  await acknowledge(a1?.ackId ?? "");
  expect(textsOf(await pull())).toEqual(["a2"]);
});

test("seeks ahead past what is waiting, and back to what it retained", async () => {
  await pubsub.topic.createSubscription("pulled", { retainAckedMessages: true });
  const startMs = pubsub.clock.now();
  await publish(["a"]);
  await pubsub.advance(60 * SECOND_MS);
  await publish(["b"]);
  const received = await pull();
  await acknowledge(...received.map(({ ackId }) => ackId));
  const seek = (ms: number) =>
    subscriber.seek({ subscription: NAME, time: { seconds: Math.floor(ms / 1000) } });
  await seek(startMs + 30 * SECOND_MS);
  expect(textsOf(await pull())).toEqual(["b"]);
  await seek(startMs);
  expect(textsOf(await pull())).toEqual(["a", "b"]);
  await seek(pubsub.clock.now() + 60 * SECOND_MS);
  expect(pubsub.service.status().subscriptions[0]?.undelivered).toBe(0);
});

test("streams to the client, redelivers what it nacked and forgets what it acknowledged", async () => {
  const [subscription] = await pubsub.topic.createSubscription("pulled");
  const texts: string[] = [];
  subscription.on("message", (message: Message) => {
    texts.push(message.data.toString());
    if (texts.length === 1) message.nack();
    else message.ack();
  });
  await publish(["a"]);
  await until(() => texts.length === 2, "the second delivery");
  await publish(["b"]);
  await until(() => pubsub.service.status().subscriptions[0]?.undelivered === 0, "the acknowledgements");
  expect(texts).toEqual(["a", "a", "b"]);
  await subscription.close();
});

test("streams a key in order, and starts again at the message that was nacked", async () => {
  const [subscription] = await pubsub.topic.createSubscription("pulled", { enableMessageOrdering: true });
  const acknowledged: string[] = [];
  let refused = false;
  subscription.on("message", (message: Message) => {
    const text = message.data.toString();
    if (text === "a2" && !refused) {
      refused = true;
      message.nack();
    } else {
      acknowledged.push(text);
      message.ack();
    }
  });
  await publish(["a1", "a2", "a3"], "a");
  await until(() => pubsub.service.status().subscriptions[0]?.undelivered === 0, "the acknowledgements");
  await subscription.close();
  expect(refused).toBe(true);
  const lastOf = (text: string) => acknowledged.lastIndexOf(text);
  expect(lastOf("a1")).toBeLessThan(lastOf("a2"));
  expect(lastOf("a2")).toBeLessThan(lastOf("a3"));
});

test("streams no more than the client's flow control takes", async () => {
  await pubsub.topic.createSubscription("pulled");
  const subscription = pubsub.client.subscription("pulled", {
    flowControl: { maxMessages: 2 },
    streamingOptions: { maxStreams: 1 },
  });
  const held: Message[] = [];
  subscription.on("message", (message: Message) => held.push(message));
  await publish(["a", "b", "c"]);
  await until(() => held.length === 2, "two messages");
  expect(pubsub.service.status().subscriptions[0]?.inFlight).toBe(2);
  held[0]?.ack();
  await until(() => held.length === 3, "the third message");
  for (const message of held) message.ack();
  await subscription.close();
});

test("ends the streams of a deleted subscription", async () => {
  const [subscription] = await pubsub.topic.createSubscription("pulled");
  const error = new Promise<unknown>(resolve => subscription.on("error", resolve));
  subscription.on("message", () => undefined);
  await publish(["a"]);
  await until(() => pubsub.service.status().subscriptions[0]?.inFlight === 1, "the stream");
  await pubsub.client.subscription("pulled").delete();
  expect(await error).toMatchObject({ code: 5 });
});
