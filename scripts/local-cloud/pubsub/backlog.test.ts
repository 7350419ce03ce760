import type { CreateSubscriptionOptions } from "@google-cloud/pubsub";
import { v1 } from "@google-cloud/pubsub";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { TestPubSub } from "../test/pubsub.ts";
import { startTestPubSub } from "../test/pubsub.ts";

let pubsub: TestPubSub;
beforeEach(async () => {
  pubsub = await startTestPubSub();
});
afterEach(() => pubsub.close());

function publish(text: string, orderingKey = ""): Promise<string> {
  if (orderingKey) pubsub.topic.setPublishOptions({ messageOrdering: true });
  return pubsub.topic.publishMessage({ data: Buffer.from(text), ...(orderingKey && { orderingKey }) });
}

/** Creates a subscription with a client that pulls single batches. */
async function pulled(options: CreateSubscriptionOptions = {}) {
  const [{ name }] = await pubsub.topic.createSubscription("pulled", options);
  const config = { ...pubsub.client.options, ...(await pubsub.client.getClientConfig()) };
  const subscriber = new v1.SubscriberClient(config);
  return {
    close: () => subscriber.close(),
    async pull(maxMessages: number) {
      const [{ receivedMessages }] = await subscriber.pull({
        subscription: name,
        maxMessages,
        returnImmediately: true,
      });
      return (receivedMessages ?? []).map(({ ackId, message }) => ({
        ackId: String(ackId),
        text: String(message?.data),
      }));
    },
    nack: (ackIds: string[]) =>
      subscriber.modifyAckDeadline({ subscription: name, ackIds, ackDeadlineSeconds: 0 }),
    acknowledge: (ackIds: string[]) => subscriber.acknowledge({ subscription: name, ackIds }),
    seek: (ms: number) =>
      subscriber.seek({ subscription: name, time: { seconds: Math.floor(ms / 1000), nanos: 0 } }),
  };
}

test("alternates between messages with and without a key", async () => {
  const { pull, close } = await pulled({ enableMessageOrdering: true });
  for (let n = 0; n < 6; n += 1) {
    await publish("alone");
    await publish("with a key", `key-${n}`);
  }
  const texts = [];
  for (let n = 0; n < 6; n += 1) texts.push(...(await pull(1)).map(({ text }) => text));
  expect(texts).toHaveLength(6);
  expect(new Set(texts)).toEqual(new Set(["alone", "with a key"]));
  await close();
});

test("alternates on a stream that takes one message at a time", async () => {
  const [subscription] = await pubsub.topic.createSubscription("streamed", { enableMessageOrdering: true });
  for (let n = 0; n < 10; n += 1) {
    await publish("alone");
    await publish("with a key", `key-${n}`);
  }
  subscription.setOptions({ flowControl: { maxMessages: 1, allowExcessMessages: false } });
  const texts: string[] = [];
  const all = new Promise<void>(resolve => {
    subscription.on("message", message => {
      texts.push(String(message.data));
      message.ack();
      if (texts.length === 20) resolve();
    });
  });
  await all;
  expect(new Set(texts.slice(0, 10))).toEqual(new Set(["alone", "with a key"]));
  await subscription.close();
});

test("delivers a nacked message once after a seek", async () => {
  const { pull, nack, seek, close } = await pulled();
  await publish("a");
  await nack((await pull(1)).map(({ ackId }) => ackId));
  await pubsub.advance(1_000);
  await seek(pubsub.clock.now() - 60_000);
  expect((await pull(10)).map(({ text }) => text)).toEqual(["a"]);
  await close();
});

test("drops acknowledged messages behind an unacknowledged one", async () => {
  const { pull, acknowledge, close } = await pulled();
  await publish("never acknowledged");
  const [first] = await pull(1);
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => publish(`${round} ${n}`)));
    const received = await pull(1_000);
    expect(received).toHaveLength(100);
    await acknowledge(received.map(({ ackId }) => ackId));
    expect(pubsub.service.status().subscriptions[0]).toMatchObject({ undelivered: 1 });
  }
  await acknowledge([String(first?.ackId)]);
  expect(pubsub.service.status().subscriptions[0]).toMatchObject({ undelivered: 0 });
  await close();
});

test("counts acknowledged messages that an earlier one replays", async () => {
  const { pull, acknowledge, nack, close } = await pulled({ enableMessageOrdering: true });
  for (const text of ["first", "second"]) await publish(text, "k");
  const undelivered = () => pubsub.service.status().subscriptions[0]?.undelivered;
  const [first, second] = (await pull(2)).map(({ ackId }) => ackId);
  await acknowledge([String(second)]);
  expect(undelivered()).toBe(1);
  await nack([String(first)]);
  await pubsub.advance(1_000);
  expect(undelivered()).toBe(2);
  const again = await pull(2);
  expect(again.map(({ text }) => text)).toEqual(["first", "second"]);
  await acknowledge(again.map(({ ackId }) => ackId));
  expect(undelivered()).toBe(0);
  await close();
});
