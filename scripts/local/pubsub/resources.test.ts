import type { CreateSubscriptionOptions } from "@google-cloud/pubsub";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { TestPubSub } from "./test-pubsub.ts";
import { startTestPubSub } from "./test-pubsub.ts";

const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const INVALID_ARGUMENT = 3;
const UNIMPLEMENTED = 12;

let pubsub: TestPubSub;
beforeAll(async () => {
  pubsub = await startTestPubSub();
});
afterAll(() => pubsub.close());

test("creates a topic once per project", async () => {
  await pubsub.client.createTopic("once");
  await expect(pubsub.client.createTopic("once")).rejects.toMatchObject({
    code: ALREADY_EXISTS,
    details: "Resource already exists in the project (resource=once).",
  });
  await pubsub.client.createTopic("projects/other/topics/once");
  const [topics] = await pubsub.client.getTopics();
  expect(topics.map(({ name }) => name)).toEqual(expect.arrayContaining(["projects/demo-test/topics/once"]));
  expect(topics.every(({ name }) => name.startsWith("projects/demo-test/"))).toBe(true);
});

test.each(["ab", "1abc", "with space", "goog-mine", "x".repeat(256), "a/b"])(
  "refuses the topic name %s",
  async name => {
    await expect(pubsub.client.createTopic(name)).rejects.toMatchObject({ code: INVALID_ARGUMENT });
  },
);

test("says what does not exist", async () => {
  const missing = {
    code: NOT_FOUND,
    details: expect.stringContaining("Resource not found (resource=missing)"),
  };
  await expect(
    pubsub.client.topic("missing").publishMessage({ data: Buffer.from("a") }),
  ).rejects.toMatchObject(missing);
  await expect(pubsub.client.topic("missing").getMetadata()).rejects.toMatchObject(missing);
  await expect(pubsub.client.subscription("missing").delete()).rejects.toMatchObject(missing);
  await expect(pubsub.client.topic("missing").createSubscription("orphan")).rejects.toMatchObject(missing);
  const deadLetterPolicy = { deadLetterTopic: "projects/demo-test/topics/missing" };
  await expect(pubsub.topic.createSubscription("orphan", { deadLetterPolicy })).rejects.toMatchObject(
    missing,
  );
  expect(await pubsub.client.subscription("orphan").exists()).toEqual([false]);
});

test("lists in pages, each name once", async () => {
  const [topic] = await pubsub.client.createTopic("many");
  const names = ["one", "two", "three", "four", "five"].map(id => `many-${id}`);
  for (const name of names) await topic.createSubscription(name);
  const found: string[] = [];
  let pageToken = "";
  do {
    const [page, next] = await topic.getSubscriptions({ autoPaginate: false, pageSize: 2, pageToken });
    expect(page.length).toBeLessThanOrEqual(2);
    found.push(...page.map(({ name }) => name));
    pageToken = (next as { pageToken?: string } | null)?.pageToken ?? "";
  } while (pageToken !== "");
  expect(found).toEqual(names.sort().map(name => `projects/demo-test/subscriptions/${name}`));
});

test("fills in Google's defaults and keeps what was asked for", async () => {
  const [subscription] = await pubsub.topic.createSubscription("settings", {
    filter: "attributes:a",
    enableMessageOrdering: true,
    retryPolicy: {},
    deadLetterPolicy: { deadLetterTopic: pubsub.topic.name },
  });
  const [metadata] = await subscription.getMetadata();
  expect(metadata).toMatchObject({
    topic: pubsub.topic.name,
    ackDeadlineSeconds: 10,
    filter: "attributes:a",
    enableMessageOrdering: true,
    messageRetentionDuration: { seconds: "604800" },
    retryPolicy: { minimumBackoff: { seconds: "10" }, maximumBackoff: { seconds: "600" } },
    deadLetterPolicy: { maxDeliveryAttempts: 5 },
  });
});

test.each<[string, CreateSubscriptionOptions, number]>([
  ["an ack deadline of 9 s", { ackDeadlineSeconds: 9 }, INVALID_ARGUMENT],
  ["an ack deadline of 601 s", { ackDeadlineSeconds: 601 }, INVALID_ARGUMENT],
  ["a retention of 9 minutes", { messageRetentionDuration: { seconds: 540 } }, INVALID_ARGUMENT],
  ["a filter that cannot be read", { filter: "attributes.a" }, INVALID_ARGUMENT],
  ["a backoff above 600 s", { retryPolicy: { maximumBackoff: { seconds: 601 } } }, INVALID_ARGUMENT],
  ["a minimum above the maximum", { retryPolicy: { maximumBackoff: { seconds: 9 } } }, INVALID_ARGUMENT],
  ["an endpoint that is no URL", { pushEndpoint: "localhost" }, INVALID_ARGUMENT],
  ["exactly-once delivery", { enableExactlyOnceDelivery: true }, UNIMPLEMENTED],
])("refuses %s", async (_, options, code) => {
  await expect(pubsub.topic.createSubscription("refused", options)).rejects.toMatchObject({ code });
});

test.each([4, 101])("refuses %i delivery attempts", async maxDeliveryAttempts => {
  const deadLetterPolicy = { deadLetterTopic: pubsub.topic.name, maxDeliveryAttempts };
  await expect(pubsub.topic.createSubscription("refused", { deadLetterPolicy })).rejects.toMatchObject({
    code: INVALID_ARGUMENT,
  });
});

test("changes what may change and never the filter", async () => {
  const [subscription] = await pubsub.topic.createSubscription("changing", { filter: "attributes:a" });
  await subscription.setMetadata({ ackDeadlineSeconds: 30, retryPolicy: { minimumBackoff: { seconds: 1 } } });
  const [metadata] = await subscription.getMetadata();
  expect(metadata).toMatchObject({
    ackDeadlineSeconds: 30,
    filter: "attributes:a",
    retryPolicy: { minimumBackoff: { seconds: "1" } },
  });
  await expect(subscription.setMetadata({ filter: "attributes:b" })).rejects.toMatchObject({
    code: INVALID_ARGUMENT,
  });
  await expect(subscription.setMetadata({ ackDeadlineSeconds: 5 })).rejects.toMatchObject({
    code: INVALID_ARGUMENT,
  });
});

test("keeps the subscription of a deleted topic, which gets nothing from a new one of that name", async () => {
  const [topic] = await pubsub.client.createTopic("short-lived");
  const [subscription] = await topic.createSubscription("survivor");
  await topic.delete();
  const [again] = await pubsub.client.createTopic("short-lived");
  await again.publishMessage({ data: Buffer.from("a") });
  const [metadata] = await subscription.getMetadata();
  expect(metadata.topic).toBe("_deleted-topic_");
  const survivor = pubsub.service.status().subscriptions.find(({ name }) => name === subscription.name);
  expect(survivor?.undelivered).toBe(0);
});

test("answers UNIMPLEMENTED to what it does not play", async () => {
  await expect(pubsub.topic.setMetadata({ labels: { a: "b" } })).rejects.toMatchObject({
    code: UNIMPLEMENTED,
  });
  await expect(pubsub.client.subscription("settings").createSnapshot("snap")).rejects.toMatchObject({
    code: UNIMPLEMENTED,
  });
});
