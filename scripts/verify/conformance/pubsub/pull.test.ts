import type { Message } from "@google-cloud/pubsub";
import { expect, test } from "@jest/globals";
import { SECOND_MS } from "../../../../shared/values/durations.ts";
import { SLOW_MS } from "../target.ts";
import { eventually } from "./eventually.ts";
import { pubsubUnderTest } from "./test-target.ts";

const pubsub = pubsubUnderTest();

const NOT_FOUND = 5;
const textsOf = (received: ReadonlyArray<{ text: string }>) => received.map(({ text }) => text);

test("delivers data, attributes and key with a message id and time", async () => {
  const subscription = await pubsub.createSubscription();
  const beforeMs = pubsub.nowMs();
  const attributes = { event_type: "x", empty: "" };
  const messageId = await pubsub.topic.publishMessage({
    data: Buffer.from([0, 255]),
    attributes,
    orderingKey: "k",
  });
  const [{ receivedMessages }] = await pubsub.subscriber.pull({
    subscription: subscription.name,
    maxMessages: 1,
  });
  const received = receivedMessages?.[0];
  expect(received?.message).toMatchObject({
    data: Buffer.from([0, 255]),
    attributes,
    messageId,
    orderingKey: "k",
  });
  // Google's emulator rounds publish times to the second.
  expect(Number(received?.message?.publishTime?.seconds)).toBeGreaterThanOrEqual(
    Math.floor(beforeMs / 1000) - 1,
  );
});

test("publishes a message without data when the message has attributes", async () => {
  const subscription = await pubsub.createSubscription();
  await pubsub.topic.publishMessage({ attributes: { only: "this" } });
  const [received] = await pubsub.pullAll(subscription, 1);
  expect(received).toMatchObject({ text: "", attributes: { only: "this" } });
  await expect(pubsub.topic.publishMessage({ data: Buffer.alloc(0) })).rejects.toMatchObject({ code: 3 });
});

test("delivers every message to every subscription that existed before", async () => {
  const [one, two] = [await pubsub.createSubscription(), await pubsub.createSubscription()];
  await pubsub.publish(["a"]);
  const later = await pubsub.createSubscription();
  await pubsub.publish(["b"]);
  for (const each of [one, two]) expect(textsOf(await pubsub.pullAll(each, 2)).sort()).toEqual(["a", "b"]);
  expect(textsOf(await pubsub.pullAll(later, 1))).toEqual(["b"]);
});

test(
  "withholds a pulled message until its ack deadline has passed",
  async () => {
    const subscription = await pubsub.createSubscription({ ackDeadlineSeconds: 10 });
    await pubsub.publish(["a"]);
    await pubsub.pullAll(subscription, 1);
    await pubsub.pass(8 * SECOND_MS);
    expect(await pubsub.pull(subscription)).toEqual([]);
    await pubsub.pass(3 * SECOND_MS);
    expect(textsOf(await pubsub.pullAll(subscription, 1))).toEqual(["a"]);
  },
  SLOW_MS,
);

test(
  "never redelivers an acknowledged message",
  async () => {
    const subscription = await pubsub.createSubscription({ ackDeadlineSeconds: 10 });
    await pubsub.publish(["a"]);
    await pubsub.acknowledge(subscription, ...(await pubsub.pullAll(subscription, 1)));
    await pubsub.pass(12 * SECOND_MS);
    expect(await pubsub.pull(subscription)).toEqual([]);
  },
  SLOW_MS,
);

test(
  "withholds a message until its extended ack deadline has passed",
  async () => {
    const subscription = await pubsub.createSubscription({ ackDeadlineSeconds: 10 });
    await pubsub.publish(["a"]);
    const held = await pubsub.pullAll(subscription, 1);
    await pubsub.setDeadline(subscription, 15, ...held);
    await pubsub.pass(13 * SECOND_MS);
    expect(await pubsub.pull(subscription)).toEqual([]);
    await pubsub.pass(4 * SECOND_MS);
    expect(textsOf(await pubsub.pullAll(subscription, 1))).toEqual(["a"]);
  },
  SLOW_MS,
);

test("redelivers a nacked message and ignores an acknowledgement of the first", async () => {
  const subscription = await pubsub.createSubscription();
  await pubsub.publish(["a"]);
  const first = await pubsub.pullAll(subscription, 1);
  await pubsub.setDeadline(subscription, 0, ...first);
  await pubsub.pass(SECOND_MS);
  const second = await pubsub.pullAll(subscription, 1);
  expect(textsOf(second)).toEqual(["a"]);
  await pubsub.acknowledge(subscription, ...first);
  await pubsub.setDeadline(subscription, 0, ...second);
  await pubsub.pass(SECOND_MS);
  expect(textsOf(await pubsub.pullAll(subscription, 1))).toEqual(["a"]);
});

test("answers a waiting pull when a message arrives", async () => {
  const { name: subscription } = await pubsub.createSubscription();
  const waiting = pubsub.subscriber.pull({ subscription, maxMessages: 1 });
  await pubsub.publish(["a", "b"]);
  const [{ receivedMessages }] = await waiting;
  expect(receivedMessages).toHaveLength(1);
});

test("redelivers nacked messages of a stream, but not acknowledged ones", async () => {
  const subscription = await pubsub.createSubscription();
  const texts: string[] = [];
  const stream = pubsub.listen(subscription, message => {
    texts.push(message.data.toString());
    if (texts.length === 1) message.nack();
    else message.ack();
  });
  await pubsub.publish(["a"]);
  await eventually(
    () => texts.length === 2,
    () => "the second delivery",
  );
  await pubsub.publish(["b"]);
  await eventually(
    () => texts.length === 3,
    () => "the second message",
  );
  await stream.close();
  expect(texts).toEqual(["a", "a", "b"]);
  expect(await pubsub.pull(subscription)).toEqual([]);
});

test("delivers to a stream only up to the client's flow control", async () => {
  const subscription = await pubsub.createSubscription();
  const held: Message[] = [];
  pubsub.listen(subscription, message => held.push(message), {
    flowControl: { maxMessages: 2, allowExcessMessages: false },
    streamingOptions: { maxStreams: 1 },
  });
  await pubsub.publish(["a", "b", "c"]);
  await eventually(
    () => held.length === 2,
    () => "two messages",
  );
  // A pull gets the message that the stream has no room for.
  expect(await pubsub.pullAll(subscription, 1)).toHaveLength(1);
  for (const message of held) message.ack();
});

test("ends a stream with NOT_FOUND when the subscription is deleted", async () => {
  const subscription = await pubsub.createSubscription();
  const error = Promise.withResolvers<unknown>();
  const first = Promise.withResolvers<Message>();
  pubsub.listen(subscription, first.resolve).on("error", error.resolve);
  await pubsub.publish(["a"]);
  (await first.promise).ack();
  await pubsub.client.subscription(subscription.name).delete();
  expect(await error.promise).toMatchObject({ code: NOT_FOUND });
});

test(
  "drops earlier messages on seek forward, redelivers retained ones on seek back",
  async () => {
    const subscription = await pubsub.createSubscription({ retainAckedMessages: true });
    const seek = (ms: number) =>
      pubsub.subscriber.seek({ subscription: subscription.name, time: { seconds: Math.floor(ms / 1000) } });
    const startMs = pubsub.nowMs();
    await pubsub.publish(["a"]);
    await pubsub.pass(4 * SECOND_MS);
    const betweenMs = pubsub.nowMs() - 2 * SECOND_MS;
    await pubsub.publish(["b"]);
    await pubsub.acknowledge(subscription, ...(await pubsub.pullAll(subscription, 2)));
    await seek(betweenMs);
    expect(textsOf(await pubsub.pullAll(subscription, 1))).toEqual(["b"]);
    await seek(startMs - SECOND_MS);
    expect(textsOf(await pubsub.pullAll(subscription, 2)).sort()).toEqual(["a", "b"]);
    await seek(pubsub.nowMs() + 60 * SECOND_MS);
    await pubsub.pass(SECOND_MS);
    expect(await pubsub.pull(subscription)).toEqual([]);
  },
  SLOW_MS,
);
