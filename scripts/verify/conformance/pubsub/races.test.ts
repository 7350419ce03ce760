import { setImmediate as nextTurn } from "node:timers/promises";
import { PubSub } from "@google-cloud/pubsub";
import { expect, test } from "@jest/globals";
import { SECOND_MS } from "../../../../shared/values/durations.ts";
import { textOf } from "../../../local-cloud/test/pubsub.ts";
import { rounds, SLOW_MS } from "../target.ts";
import { eventually } from "./eventually.ts";
import type { Pulled } from "./pull-messages.ts";
import { pubsubUnderTest } from "./test-target.ts";

const pubsub = pubsubUnderTest();

const ALREADY_EXISTS = 6;
const times = <T>(count: number, run: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => run(index));
const outcomes = async (promises: Promise<unknown>[]) =>
  (await Promise.allSettled(promises)).map(result =>
    result.status === "fulfilled" ? "created" : result.reason.code,
  );

/** Publishes ten messages of each key from each of five clients, all at the same time. */
async function publishAtOnce(keys: readonly string[]): Promise<void> {
  const publishers = times(5, () => {
    return new PubSub({ projectId: pubsub.project, apiEndpoint: pubsub.host, emulatorMode: true });
  });
  const sent = publishers.flatMap((client, publisher) => {
    const topic = client.topic("events", { messageOrdering: true });
    return times(10, place =>
      keys.map(orderingKey =>
        topic.publishMessage({ data: Buffer.from(`${publisher}:${place}`), orderingKey }),
      ),
    ).flat();
  });
  await Promise.all(sent);
  await Promise.all(publishers.map(client => client.close()));
}

/** Returns the messages of one publisher in the order of their delivery. */
const sentBy = (publisher: number, texts: readonly string[]) =>
  texts.filter(text => text.startsWith(`${publisher}:`));

test(
  "delivers each publisher's key in order when five publish at once",
  async () => {
    const keys = ["a", "b", "c"];
    const pushed = await pubsub.pushTo(() => 204, { enableMessageOrdering: true });
    const pulled = await pubsub.createSubscription({ enableMessageOrdering: true });
    await publishAtOnce(keys);
    const all: Pulled[] = [];
    while (all.length < 150) {
      const some = await pubsub.pullAll(pulled, 1);
      all.push(...some);
      await pubsub.acknowledge(pulled, ...some);
    }
    await eventually(
      () => pushed.bodies().length === 150,
      () => `${pushed.bodies().length} of 150 pushes`,
    );
    for (const key of keys) {
      const texts = all.filter(({ orderingKey }) => orderingKey === key).map(({ text }) => text);
      for (const publisher of times(5, index => index)) {
        expect(sentBy(publisher, texts)).toEqual(times(10, place => `${publisher}:${place}`));
      }
      const ids = all.filter(({ orderingKey }) => orderingKey === key).map(({ messageId }) => messageId);
      const pushedIds = pushed.bodies().map(({ message }) => message.messageId);
      expect(pushedIds.filter(id => ids.includes(id))).toEqual(ids);
    }
  },
  SLOW_MS,
);

test(
  "delivers each of 300 concurrent, promptly acknowledged messages once",
  async () => {
    const pushed = await pubsub.pushTo(() => 204);
    const texts = times(300, String);
    const ids = (
      await Promise.all(times(10, index => pubsub.publish(texts.slice(index * 30, index * 30 + 30))))
    ).flat();
    await eventually(
      () => pushed.bodies().length >= 300,
      () => `${pushed.bodies().length} of 300 pushes`,
    );
    expect(new Set(ids).size).toBe(300);
    expect(
      pushed
        .bodies()
        .map(({ message }) => message.messageId)
        .sort(),
    ).toEqual([...ids].sort());
    expect([...pushed.bodies().map(textOf)].sort()).toEqual([...texts].sort());
  },
  SLOW_MS,
);

test(
  "never gives one message to two concurrent pulls",
  async () => {
    for (const _ of rounds(10, 3)) {
      const subscription = await pubsub.createSubscription();
      await pubsub.publish(times(40, String));
      const held: Pulled[] = [];
      const puller = async () => {
        while (held.length < 40) held.push(...(await pubsub.pull(subscription, 3)));
      };
      await Promise.all([puller(), puller()]);
      expect(new Set(held.map(({ text }) => text)).size).toBe(40);
      expect(held).toHaveLength(40);
      await subscription.delete();
    }
  },
  SLOW_MS,
);

test(
  "delivers each message to one of two streams",
  async () => {
    const subscription = await pubsub.createSubscription();
    const options = { streamingOptions: { maxStreams: 1 }, flowControl: { maxMessages: 10 } };
    const seen: string[][] = [[], []];
    const streams = seen.map(texts =>
      pubsub.listen(
        subscription,
        message => {
          texts.push(message.data.toString());
          message.ack();
        },
        options,
      ),
    );
    await pubsub.publish(times(100, String));
    await eventually(
      () => seen.flat().length >= 100,
      () => `${seen.flat().length} of 100 messages`,
    );
    await Promise.all(streams.map(stream => stream.close()));
    expect([...seen.flat()].sort()).toEqual(times(100, String).sort());
  },
  SLOW_MS,
);

test(
  "redelivers a message at most once when its acknowledgement races the deadline",
  async () => {
    for (const round of rounds(20, 1)) {
      const subscription = await pubsub.createSubscription({ ackDeadlineSeconds: 10 });
      await pubsub.publish(["a"]);
      const first = await pubsub.pullAll(subscription, 1);
      await pubsub.pass(9.99 * SECOND_MS);
      const acknowledged = pubsub.acknowledge(subscription, ...first);
      // In each round the deadline passes one turn later while the acknowledgement is on its way.
      for (let turn = 0; turn < round; turn++) await nextTurn();
      await Promise.all([acknowledged, pubsub.pass(0.02 * SECOND_MS)]);
      await pubsub.pass(SECOND_MS);
      const again = await pubsub.pull(subscription);
      expect(again.length).toBeLessThanOrEqual(1);
      if (again.length === 1) await pubsub.acknowledge(subscription, ...again);
      await pubsub.pass(11 * SECOND_MS);
      expect(await pubsub.pull(subscription)).toEqual([]);
      await subscription.delete();
    }
  },
  SLOW_MS,
);

test("answers ALREADY_EXISTS to 9 of 10 racing creates of one topic", async () => {
  for (const round of rounds(30, 10)) {
    const codes = await outcomes(times(10, () => pubsub.client.createTopic(`race-${round}`)));
    expect(codes.filter(code => code === "created")).toHaveLength(1);
    expect(codes.filter(code => code === ALREADY_EXISTS)).toHaveLength(9);
  }
});

test("answers ALREADY_EXISTS to 9 of 10 racing creates of one subscription", async () => {
  for (const round of rounds(30, 10)) {
    const codes = await outcomes(times(10, () => pubsub.topic.createSubscription(`race-${round}`)));
    expect(codes.filter(code => code === "created")).toHaveLength(1);
    expect(codes.filter(code => code === ALREADY_EXISTS)).toHaveLength(9);
  }
});
