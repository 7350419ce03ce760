import { afterEach, expect, jest, test } from "@jest/globals";
import { SECOND_MS } from "../durations.ts";
import { until } from "../test/http-target.ts";
import type { TestPubSub } from "../test/pubsub.ts";
import { startTestPubSub } from "../test/pubsub.ts";
import type { TestTasks } from "../test/tasks.ts";
import { startTestTasks } from "../test/tasks.ts";
import type { FaultRules } from "./faults.ts";
import { createFaults } from "./faults.ts";
import { createFaultyPushes, noPushFaults } from "./push-faults.ts";

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of started.splice(0)) await each.close();
});

async function pubsubWith(rules: FaultRules): Promise<TestPubSub & { off(): void }> {
  const faults = createFaults();
  faults.set(rules);
  const pubsub = await startTestPubSub(faults.push);
  started.push(pubsub);
  return { ...pubsub, off: () => faults.set({}) };
}

async function tasksWith(rules: FaultRules): Promise<TestTasks & { off(): void }> {
  const faults = createFaults();
  faults.set(rules);
  const tasks = await startTestTasks(faults.push);
  started.push(tasks);
  return { ...tasks, off: () => faults.set({}) };
}

/** Publishes texts in this order: k1 and k2 are the first two messages of key k. */
async function publish(pubsub: TestPubSub, texts: readonly string[]): Promise<void> {
  pubsub.topic.setPublishOptions({ messageOrdering: true });
  for (const text of texts) {
    await pubsub.topic.publishMessage({ data: Buffer.from(text), orderingKey: text.slice(0, 1) });
  }
}

const TEXTS = ["a1", "b1", "c1", "d1", "a2", "b2", "c2", "d2"];
const ofKey = (key: string, texts: readonly string[]) => texts.filter(text => text.startsWith(key));
const ordered = { enableMessageOrdering: true };

test("delivers every push twice, with each key in order", async () => {
  const pubsub = await pubsubWith({ duplicate: 1 });
  const { texts } = await pubsub.pushTo(() => 204, ordered);
  await publish(pubsub, TEXTS);
  await pubsub.service.settle();
  expect(ofKey("a", texts())).toEqual(["a1", "a1", "a2", "a2"]);
  expect([...texts()].sort()).toEqual([...TEXTS, ...TEXTS].sort());
  expect(pubsub.service.status().subscriptions[0]?.undelivered).toBe(0);
});

test("delivers duplicates both before and after the first answer", async () => {
  const pubsub = await pubsubWith({ duplicate: 1 });
  let inProgress = 0;
  const found: number[] = [];
  await pubsub.pushTo(async () => {
    found.push(inProgress);
    inProgress += 1;
    await new Promise(resolve => setTimeout(resolve, 5));
    inProgress -= 1;
    return 204;
  }, ordered);
  await publish(pubsub, ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"]);
  await pubsub.service.settle();
  expect(found).toHaveLength(16);
  const atOnce = found.filter(others => others === 1).length;
  expect(atOnce).toBeGreaterThan(0);
  expect(atOnce).toBeLessThan(8);
});

test("acknowledges a duplicated push by the first of two answers", async () => {
  const pubsub = await pubsubWith({ duplicate: 1 });
  const { target } = await pubsub.pushTo(() => (target.calls.length % 2 === 1 ? 204 : 500), ordered);
  await publish(pubsub, ["a1"]);
  await pubsub.service.settle();
  expect(target.calls).toHaveLength(2);
  expect(pubsub.service.status().subscriptions[0]?.undelivered).toBe(0);
});

test("delays pushes by the clock, idle meanwhile, in each key's order", async () => {
  const pubsub = await pubsubWith({ delay: { probability: 1, seconds: 600 } });
  const atMs: number[] = [];
  const { texts } = await pubsub.pushTo(() => {
    atMs.push(pubsub.clock.now());
    return 204;
  }, ordered);
  const startMs = pubsub.clock.now();
  await publish(pubsub, TEXTS);
  await pubsub.service.settle();
  expect(texts()).toEqual([]);
  expect(pubsub.service.status().subscriptions[0]).toMatchObject({ undelivered: 8, inFlight: 0 });
  await pubsub.advance(600 * SECOND_MS);
  expect([...texts()].sort()).toEqual([...TEXTS].sort());
  expect(texts()).not.toEqual(TEXTS);
  for (const key of "abcd") expect(ofKey(key, texts())).toEqual([`${key}1`, `${key}2`]);
  expect(Math.max(...atMs) - startMs).toBeGreaterThan(300 * SECOND_MS);
});

test("delays a redelivery beyond its backoff", async () => {
  const pubsub = await pubsubWith({ delay: { probability: 1, seconds: 600 } });
  const atMs: number[] = [];
  await pubsub.pushTo(
    () => {
      atMs.push(pubsub.clock.now());
      return atMs.length === 1 ? 500 : 204;
    },
    { retryPolicy: { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 10 } } },
  );
  await publish(pubsub, ["a1"]);
  await pubsub.advance(1300 * SECOND_MS);
  expect(atMs).toHaveLength(2);
  expect((atMs[1] ?? 0) - (atMs[0] ?? 0)).toBeGreaterThan(20 * SECOND_MS);
});

test("reorders pushes of different keys, never those of one key", async () => {
  const pubsub = await pubsubWith({ reorder: 0.5 });
  const { texts } = await pubsub.pushTo(() => 204, ordered);
  await publish(pubsub, TEXTS);
  await pubsub.service.settle();
  expect([...texts()].sort()).toEqual([...TEXTS].sort());
  expect(texts()).not.toEqual(TEXTS);
  for (const key of "abcd") expect(ofKey(key, texts())).toEqual([`${key}1`, `${key}2`]);
});

test("releases an overtaken push once the next one is answered", async () => {
  jest.useFakeTimers();
  try {
    const { through } = createFaultyPushes({ ...noPushFaults, overtaken: () => true });
    const order: string[] = [];
    const send = (text: string) => through("place", async () => order.push(text));
    await Promise.all([send("a"), send("b")]);
    expect(order).toEqual(["b", "a"]);
  } finally {
    jest.useRealTimers();
  }
});

test("releases a push that no later push overtakes", async () => {
  const pubsub = await pubsubWith({ reorder: 1 });
  const { texts } = await pubsub.pushTo(() => 204, ordered);
  await publish(pubsub, ["a1"]);
  await pubsub.service.settle();
  expect(texts()).toEqual(["a1"]);
});

test("does not delay pull subscriptions", async () => {
  const pubsub = await pubsubWith({ delay: { probability: 1, seconds: 600 } });
  const [subscription] = await pubsub.topic.createSubscription("pulled");
  const received: string[] = [];
  subscription.on("message", message => {
    received.push(message.data.toString());
    message.ack();
  });
  await publish(pubsub, ["a1"]);
  await until(() => received.length === 1, "the message");
  await subscription.close();
});

test("dispatches a duplicated task twice as one attempt", async () => {
  const tasks = await tasksWith({ duplicate: 1, reorder: 1 });
  const target = await tasks.target(() => (target.calls.length <= 2 ? 500 : 204));
  const queue = await tasks.createQueue("q", { retryConfig: { minBackoff: { seconds: 10 } } });
  await tasks.createTask(queue, target.url);
  await tasks.service.settle();
  expect(target.calls).toHaveLength(2);
  await tasks.advance(60 * SECOND_MS);
  expect(target.calls.map(({ headers }) => headers["x-cloudtasks-taskretrycount"])).toEqual([
    "0",
    "0",
    "1",
    "1",
  ]);
  expect(tasks.service.status().queues[0]).toMatchObject({ tasks: 0, inFlight: 0 });
});

test("delays and reorders tasks, and loses none", async () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  for (const rules of [{ delay: { probability: 1, seconds: 60 } }, { reorder: 0.5 }]) {
    const tasks = await tasksWith(rules);
    const target = await tasks.target();
    const queue = await tasks.createQueue("q");
    for (const id of ids) await tasks.createTask(queue, `${target.url}/${id}`);
    await tasks.advance(60 * SECOND_MS);
    const paths = target.calls.map(({ path }) => path.slice(1));
    expect([...paths].sort()).toEqual(ids);
    expect(paths).not.toEqual(ids);
  }
});

test("leaves pushes alone once faults are off", async () => {
  const rules = { duplicate: 1, reorder: 1, delay: { probability: 1, seconds: 600 } };
  const pubsub = await pubsubWith(rules);
  const tasks = await tasksWith(rules);
  for (const each of [pubsub, tasks]) each.off();
  const { texts } = await pubsub.pushTo(() => 204, ordered);
  await publish(pubsub, TEXTS);
  await pubsub.service.settle();
  expect(texts()).toEqual(TEXTS);
  const target = await tasks.target();
  await tasks.createTask(await tasks.createQueue("q"), target.url);
  await tasks.service.settle();
  expect(target.calls).toHaveLength(1);
});
