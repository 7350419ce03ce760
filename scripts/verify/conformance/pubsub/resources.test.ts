import type { CreateSubscriptionOptions } from "@google-cloud/pubsub";
import { expect, test } from "@jest/globals";
import { pubsubUnderTest } from "./test-target.ts";

const pubsub = pubsubUnderTest();

const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const OUT_OF_RANGE = 11;

test("creates a topic once per project, lists and deletes the topic", async () => {
  await pubsub.client.createTopic("once");
  await expect(pubsub.client.createTopic("once")).rejects.toMatchObject({ code: ALREADY_EXISTS });
  await pubsub.client.createTopic("projects/other-project/topics/once").catch(() => undefined);
  const names = async () => (await pubsub.client.getTopics())[0].map(({ name }) => name).sort();
  expect(await names()).toEqual(["events", "once"].map(id => `projects/${pubsub.project}/topics/${id}`));
  await pubsub.client.topic("once").delete();
  expect(await pubsub.client.topic("once").exists()).toEqual([false]);
  expect(await names()).toHaveLength(1);
});

test("creates a subscription once per project, lists and deletes the subscription", async () => {
  const [subscription] = await pubsub.topic.createSubscription("once");
  await expect(pubsub.topic.createSubscription("once")).rejects.toMatchObject({ code: ALREADY_EXISTS });
  expect((await subscription.getMetadata())[0].topic).toBe(pubsub.topic.name);
  const [ofTopic] = await pubsub.topic.getSubscriptions();
  const [ofProject] = await pubsub.client.getSubscriptions();
  for (const list of [ofTopic, ofProject]) expect(list.map(({ name }) => name)).toEqual([subscription.name]);
  await subscription.delete();
  expect(await subscription.exists()).toEqual([false]);
});

test.each([
  ["two characters", "ab"],
  ["256 characters", "x".repeat(256)],
  ["a digit first", "1abc"],
  ["a space", "with space"],
  ["a slash", "a/b"],
  ["goog first", "goog-mine"],
])("refuses topic and subscription names with %s", async (_, name) => {
  const refused = { code: INVALID_ARGUMENT };
  await expect(pubsub.client.createTopic(name)).rejects.toMatchObject(refused);
  await expect(pubsub.topic.createSubscription(name)).rejects.toMatchObject(refused);
});

test("accepts names of 3 to 255 characters with -_.~+%", async () => {
  for (const name of ["abc", "x".repeat(255), "A-_.~+%1"]) {
    await pubsub.client.createTopic(name);
    await pubsub.topic.createSubscription(name);
  }
});

test("answers NOT_FOUND when a topic or subscription is missing", async () => {
  const missing = { code: NOT_FOUND };
  const topic = pubsub.client.topic("missing");
  await expect(topic.publishMessage({ data: Buffer.from("a") })).rejects.toMatchObject(missing);
  await expect(topic.getMetadata()).rejects.toMatchObject(missing);
  await expect(topic.delete()).rejects.toMatchObject(missing);
  await expect(topic.createSubscription("orphan")).rejects.toMatchObject(missing);
  const subscription = pubsub.client.subscription("missing");
  await expect(subscription.delete()).rejects.toMatchObject(missing);
  await expect(subscription.getMetadata()).rejects.toMatchObject(missing);
  expect(await pubsub.client.subscription("orphan").exists()).toEqual([false]);
});

test("refuses a dead-letter topic that does not exist", async () => {
  const deadLetterPolicy = { deadLetterTopic: `projects/${pubsub.project}/topics/missing` };
  const created = pubsub.createSubscription({ deadLetterPolicy });
  await expect(created).rejects.toMatchObject({ code: NOT_FOUND });
});

test("lists each name once, page by page", async () => {
  const names = ["one", "two", "three", "four", "five"].map(id => `many-${id}`);
  for (const name of names) await pubsub.topic.createSubscription(name);
  const found: string[] = [];
  let pageToken = "";
  do {
    const [page, next] = await pubsub.topic.getSubscriptions({ autoPaginate: false, pageSize: 2, pageToken });
    expect(page.length).toBeLessThanOrEqual(2);
    found.push(...page.map(({ name }) => name));
    pageToken = (next as { pageToken?: string } | null)?.pageToken ?? "";
  } while (pageToken !== "");
  expect(found.sort()).toEqual(names.sort().map(name => `projects/${pubsub.project}/subscriptions/${name}`));
});

test("creates a subscription with the requested settings and Google's defaults", async () => {
  const subscription = await pubsub.createSubscription({
    filter: "attributes:a",
    enableMessageOrdering: true,
    retryPolicy: {},
    deadLetterPolicy: { deadLetterTopic: pubsub.topic.name },
  });
  expect((await subscription.getMetadata())[0]).toMatchObject({
    topic: pubsub.topic.name,
    ackDeadlineSeconds: 10,
    filter: "attributes:a",
    enableMessageOrdering: true,
    messageRetentionDuration: { seconds: "604800" },
    retryPolicy: { minimumBackoff: { seconds: "10" }, maximumBackoff: { seconds: "600" } },
    deadLetterPolicy: { maxDeliveryAttempts: 5 },
  });
});

test.each<[string, CreateSubscriptionOptions]>([
  ["an ack deadline of 9 s", { ackDeadlineSeconds: 9 }],
  ["an ack deadline of 601 s", { ackDeadlineSeconds: 601 }],
  ["a retention of 9 minutes", { messageRetentionDuration: { seconds: 540 } }],
  ["a retention of 32 days", { messageRetentionDuration: { seconds: 32 * 86_400 } }],
  ["a backoff above 600 s", { retryPolicy: { maximumBackoff: { seconds: 601 } } }],
  ["a minimum backoff above the maximum", { retryPolicy: { maximumBackoff: { seconds: 9 } } }],
  ["an endpoint that is no URL", { pushEndpoint: "localhost" }],
])("refuses a subscription with %s", async (_, options) => {
  await expect(pubsub.createSubscription(options)).rejects.toMatchObject({ code: INVALID_ARGUMENT });
});

test.each([4, 101])("refuses a dead-letter policy with %i delivery attempts", async maxDeliveryAttempts => {
  const deadLetterPolicy = { deadLetterTopic: pubsub.topic.name, maxDeliveryAttempts };
  // Google's emulator answers OUT_OF_RANGE; the answer of the service is not documented.
  const codes = [INVALID_ARGUMENT, OUT_OF_RANGE];
  const code = await pubsub.createSubscription({ deadLetterPolicy }).catch(error => error.code);
  expect(codes).toContain(code);
});

test("changes only the subscription settings that the mask names", async () => {
  const subscription = await pubsub.createSubscription({ labels: { a: "b" } });
  await subscription.setMetadata({ ackDeadlineSeconds: 30, retryPolicy: { minimumBackoff: { seconds: 1 } } });
  expect((await subscription.getMetadata())[0]).toMatchObject({
    ackDeadlineSeconds: 30,
    labels: { a: "b" },
    retryPolicy: { minimumBackoff: { seconds: "1" } },
  });
});

test("refuses an update to settings that a new subscription cannot have", async () => {
  const subscription = await pubsub.createSubscription();
  const refused = { code: INVALID_ARGUMENT };
  await expect(subscription.setMetadata({ ackDeadlineSeconds: 5 })).rejects.toMatchObject(refused);
  expect((await subscription.getMetadata())[0].ackDeadlineSeconds).toBe(10);
});

test("keeps a deleted topic's subscription without messages of its namesake", async () => {
  const [topic] = await pubsub.client.createTopic("short-lived");
  const [subscription] = await topic.createSubscription("survivor");
  await topic.delete();
  const [again] = await pubsub.client.createTopic("short-lived");
  await again.publishMessage({ data: Buffer.from("a") });
  expect((await subscription.getMetadata())[0].topic).toBe("_deleted-topic_");
  expect(await pubsub.pull(subscription)).toEqual([]);
});

test.each([
  ["1001 messages", () => Array(1001).fill({ data: Buffer.from("x") })],
  ["an attribute key of 257 bytes", () => [{ attributes: { ["k".repeat(257)]: "v" } }]],
  ["an attribute value of 1025 bytes", () => [{ attributes: { k: "v".repeat(1025) } }]],
  [
    "101 attributes",
    () => [{ attributes: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, "v"])) }],
  ],
  ["an attribute that begins with goog", () => [{ attributes: { googclient: "v" } }]],
  ["no messages", () => []],
])("refuses a publish request with %s", async (_, messages) => {
  const refused = pubsub.publisher.publish({ topic: pubsub.topic.name, messages: messages() });
  await expect(refused).rejects.toMatchObject({ code: INVALID_ARGUMENT });
});
