import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CreateSubscriptionOptions } from "@google-cloud/pubsub";
import { v1 } from "@google-cloud/pubsub";
import { credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { SECOND_MS } from "../durations.ts";
import { noPushFaults } from "../faults/push-faults.ts";
import { createHttpSender } from "../http/http-post.ts";
import type { Keeper } from "../storage.ts";
import type { HttpTarget } from "../test/http-target.ts";
import { startTarget, until } from "../test/http-target.ts";
import type { PushBody, TestPubSub } from "../test/pubsub.ts";
import { bodyOf, startTestPubSub, textOf } from "../test/pubsub.ts";
import { Broker } from "./broker.ts";
import { readPublishRequest } from "./published-message.ts";

let folder: string;
let pubsub: TestPubSub;
/** The endpoint of all pushes; a restart of the service keeps the endpoint. */
let target: HttpTarget;
/** Returns the endpoint's answer to a message, by its text; undefined means no answer. */
let answers: (text: string) => number | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pulsecart-pubsub-"));
  answers = () => 204;
  target = await startTarget(({ body }) => answers(textOf(bodyOf(body))));
  pubsub = await startTestPubSub(undefined, folder);
});
afterEach(async () => {
  await pubsub.close();
  await target.close();
  await rm(folder, { recursive: true });
});

/** Ends the service with its work in flight, and starts another one on the same folder. */
async function restart(): Promise<void> {
  await pubsub.close();
  target.calls.length = 0;
  pubsub = await startTestPubSub(undefined, folder);
}

async function publish(texts: readonly string[], orderingKey = ""): Promise<void> {
  pubsub.topic.setPublishOptions({ messageOrdering: true });
  const sent = texts.map(text =>
    pubsub.topic.publishMessage({ data: Buffer.from(text), ...(orderingKey && { orderingKey }) }),
  );
  await Promise.all(sent);
}

const pushed = (): PushBody[] => target.calls.map(({ body }) => bodyOf(body));
const texts = (): string[] => pushed().map(textOf);
const pushTo = (options: CreateSubscriptionOptions = {}) =>
  pubsub.topic.createSubscription("pushed", { pushEndpoint: `${target.url}/push`, ...options });

/** Pulls the available messages, and acknowledges those that `acked` names. The others stay in flight. */
async function pull(acked: readonly string[] = []): Promise<string[]> {
  const [apiEndpoint = "", port = ""] = pubsub.service.host.split(":");
  const sslCreds = credentials.createInsecure();
  const client = new v1.SubscriberClient({
    projectId: "demo-test",
    apiEndpoint,
    port: Number(port),
    sslCreds,
  });
  const subscription = "projects/demo-test/subscriptions/pulled";
  const [{ receivedMessages }] = await client.pull({ subscription, maxMessages: 10 });
  const received = (receivedMessages ?? []).map(({ ackId, message }) => ({
    ackId: ackId ?? "",
    text: Buffer.from(message?.data ?? "").toString(),
  }));
  const ackIds = received.filter(({ text }) => acked.includes(text)).map(({ ackId }) => ackId);
  if (ackIds.length > 0) await client.acknowledge({ subscription, ackIds });
  await client.close();
  return received.map(({ text }) => text);
}

test("delivers unacknowledged messages after a restart, and no others", async () => {
  answers = text => (text === "held" ? undefined : 204);
  await pushTo();
  await publish(["acknowledged", "held"]);
  await target.received(2);
  await until(() => pubsub.service.status().subscriptions[0]?.undelivered === 1, "the acknowledgement");
  const before = pushed().find(body => textOf(body) === "held")?.message;
  answers = () => 204;
  await restart();
  await target.received(1);
  await pubsub.service.settle();
  expect(texts()).toEqual(["held"]);
  expect(pushed()[0]?.message).toEqual(before);
  await restart();
  await publish(["later"]);
  await pubsub.service.settle();
  expect(texts()).toEqual(["later"]);
  expect(Number(pushed()[0]?.message.messageId)).toBeGreaterThan(Number(before?.messageId));
});

test("keeps the order of a key over a restart", async () => {
  answers = text => (text === "a1" ? 204 : undefined);
  await pushTo({ enableMessageOrdering: true });
  await publish(["a1", "a2", "a3"], "a");
  await publish(["b1", "b2"], "b");
  await target.received(3);
  await restart();
  await target.received(2);
  expect(new Set(texts())).toEqual(new Set(["a2", "b1"]));
  answers = () => 204;
  await restart();
  await target.received(4);
  await pubsub.service.settle();
  expect(texts().filter(text => text.startsWith("a"))).toEqual(["a2", "a3"]);
  expect(texts().filter(text => text.startsWith("b"))).toEqual(["b1", "b2"]);
  expect(pushed().every(({ message }) => message.orderingKey)).toBe(true);
});

test("replays messages acknowledged behind an unacknowledged one of their key", async () => {
  await pubsub.topic.createSubscription("pulled", { enableMessageOrdering: true });
  await publish(["1", "2", "3"], "key");
  expect(await pull(["1", "3"])).toEqual(["1", "2", "3"]);
  await restart();
  expect(await pull(["2", "3"])).toEqual(["2", "3"]);
  expect(pubsub.storage.keeper.all("pubsub.message")).toEqual([]);
});

test("continues counting failures, and dead-letters in one step", async () => {
  answers = () => 500;
  await pubsub.client.createTopic("dead");
  await pubsub.client.topic("dead").createSubscription("graves");
  const deadLetterTopic = "projects/demo-test/topics/dead";
  await pushTo({ deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 } });
  await pubsub.topic.createSubscription("witness");
  await publish(["doomed"]);
  await target.received(3);
  await until(() => pubsub.service.idle(), "the third answer");
  await restart();
  await target.received(1);
  expect(pushed()[0]?.deliveryAttempt).toBe(4);
  await pubsub.advance(SECOND_MS);
  const backlogs = () =>
    pubsub.service.status().subscriptions.map(({ name, undelivered }) => [name, undelivered]);
  const buried = [
    ["projects/demo-test/subscriptions/graves", 1],
    ["projects/demo-test/subscriptions/pushed", 0],
    ["projects/demo-test/subscriptions/witness", 1],
  ];
  expect(backlogs()).toEqual(buried);
  await restart();
  expect(backlogs()).toEqual(buried);
});

test("keeps a message whose dead letter cannot be stored", async () => {
  const { clock, identity, storage } = pubsub;
  let diskIsFull = false;
  const put: Keeper["put"] = (kind, key, value) => {
    if (diskIsFull && kind === "pubsub.message") throw new Error("the disk is full");
    storage.keeper.put(kind, key, value);
  };
  const options = {
    clock,
    identity,
    faults: noPushFaults,
    sender: createHttpSender(),
    onChange: () => undefined,
  };
  const broker = new Broker({ ...options, storage: { ...storage, keeper: { ...storage.keeper, put } } });
  const [topic, dead] = ["living", "dead"].map(id => broker.createTopic({ name: `projects/p/topics/${id}` }));
  if (!topic || !dead) throw new Error("no topics");
  const deadLetterPolicy = { deadLetterTopic: dead.name, maxDeliveryAttempts: 1 };
  const settings = { messageRetentionDuration: { seconds: 600 } };
  const name = "projects/p/subscriptions/source";
  const source = broker.createSubscription({ ...settings, name, topic: topic.name, deadLetterPolicy });
  broker.createSubscription({ ...settings, name: "projects/p/subscriptions/graves", topic: dead.name });
  const doomed = readPublishRequest(Buffer.from("\x12\x08\x0a\x06doomed"));
  broker.publish(topic, doomed.messages);
  const consumer = { leaseMs: () => undefined, oneAtATime: false, room: () => true };
  const [delivery] = source.backlog.take({ ...consumer, outstanding: 0, outstandingBytes: 0 }, 1);
  diskIsFull = true;
  expect(() => source.backlog.nack(delivery?.ackId ?? "")).toThrow("the disk is full");
  const undelivered = [...new Broker({ ...options, storage }).subscriptions.values()].map(subscription => {
    const status = subscription.status();
    return [status.name.split("/").at(-1), status.undelivered];
  });
  expect(undelivered).toEqual([
    ["source", 1],
    ["graves", 0],
  ]);
});

test("redelivers acknowledged messages when a seek follows a restart", async () => {
  const [subscription] = await pushTo({ retainAckedMessages: true });
  const startMs = pubsub.clock.now();
  await publish(["1", "2"]);
  await target.received(2);
  await pubsub.service.settle();
  await restart();
  await pubsub.service.settle();
  expect(texts()).toEqual([]);
  await pubsub.client.subscription(subscription.name).seek(new Date(startMs - SECOND_MS));
  await target.received(2);
  await pubsub.service.settle();
  expect(texts().sort()).toEqual(["1", "2"]);
});

test("keeps settings, and deletes messages with their topic or subscription", async () => {
  await pushTo({ filter: 'attributes.kind = "x"' });
  await pubsub.topic.createSubscription("gone", {});
  await publish(["for gone"]);
  await pubsub.client.subscription("pushed").setMetadata({ ackDeadlineSeconds: 33 });
  await pubsub.client.subscription("gone").delete();
  await pubsub.topic.createSubscription("orphan");
  const [other] = await pubsub.client.createTopic("other");
  await other.createSubscription("left");
  await other.delete();
  await restart();
  const { topics, subscriptions } = pubsub.service.status();
  expect(topics).toEqual(["projects/demo-test/topics/events"]);
  expect(
    subscriptions.map(({ name, topic, undelivered }) => [name.split("/").at(-1), topic, undelivered]),
  ).toEqual([
    ["pushed", "projects/demo-test/topics/events", 0],
    ["orphan", "projects/demo-test/topics/events", 0],
    ["left", "_deleted-topic_", 0],
  ]);
  const [metadata] = await pubsub.client.subscription("pushed").getMetadata();
  expect(metadata).toMatchObject({ ackDeadlineSeconds: 33, filter: 'attributes.kind = "x"' });
  expect(pubsub.storage.keeper.all("pubsub.message")).toEqual([]);
  expect(pubsub.storage.keeper.all("pubsub.hold")).toEqual([]);
});
