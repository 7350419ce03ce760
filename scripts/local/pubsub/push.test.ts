import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createLocalJWKSet, jwtVerify } from "jose";
import { until } from "../http-target.ts";
import type { TestPubSub } from "./test-pubsub.ts";
import { bodyOf, startTestPubSub, textOf } from "./test-pubsub.ts";

const SECOND_MS = 1000;

let pubsub: TestPubSub;
beforeEach(async () => {
  pubsub = await startTestPubSub();
});
afterEach(() => pubsub.close());

const publish = (text: string, orderingKey = "") =>
  pubsub.topic.publishMessage({ data: Buffer.from(text), ...(orderingKey && { orderingKey }) });

/** An ordering publisher of the client, as PulseCart's own: it resumes by itself where the test needs it. */
const publishInOrder = async (texts: readonly string[], orderingKey: string) => {
  pubsub.topic.setPublishOptions({ messageOrdering: true });
  await Promise.all(texts.map(text => publish(text, orderingKey)));
};

test("pushes the wrapped message with a token that Google's keys verify", async () => {
  const { target, subscription } = await pubsub.pushTo(() => 204, {
    oidcToken: { serviceAccountEmail: "invoker@demo-test.iam.gserviceaccount.com" },
  });
  const beforeMs = pubsub.clock.now();
  const messageId = await pubsub.topic.publishMessage({
    data: Buffer.from("hello"),
    attributes: { event_type: "x" },
  });
  await pubsub.service.settle();

  expect(target.calls).toHaveLength(1);
  const call = target.calls[0];
  const body = bodyOf(call?.body ?? "");
  expect(body).toEqual({
    subscription: subscription.name,
    message: {
      data: "aGVsbG8=",
      attributes: { event_type: "x" },
      messageId,
      message_id: messageId,
      publishTime: body.message.publish_time,
      publish_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    },
  });
  expect(Date.parse(body.message.publishTime)).toBeGreaterThanOrEqual(beforeMs);
  expect(call).toMatchObject({
    method: "POST",
    path: "/push",
    headers: { "content-type": "application/json" },
  });
  const [scheme, token = ""] = call?.headers.authorization?.split(" ") ?? [];
  expect(scheme).toBe("Bearer");
  const { payload } = await jwtVerify(token, createLocalJWKSet(pubsub.identity.jwks), {
    audience: `${target.url}/push`,
  });
  expect(payload["email"]).toBe("invoker@demo-test.iam.gserviceaccount.com");
});

test("numbers messages so that the ids sort as text in the order of publishing", async () => {
  const ids = [];
  for (const text of ["a", "b", "c"]) ids.push(await publish(text));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(3);
});

test("takes 200, 201, 202 and 204 for an acknowledgement, and shows any other as a refusal", async () => {
  const statuses = [200, 201, 202, 204, 203, 206, 301, 400, 500];
  await pubsub.pushTo(({ body }) => Number(textOf(bodyOf(body))));
  for (const status of statuses) await publish(String(status));
  await pubsub.service.settle();
  const [shown] = pubsub.service.status().subscriptions;
  expect(shown).toMatchObject({
    undelivered: 5,
    inFlight: 0,
    lastPushError: { reason: "HTTP 500 the target said no" },
  });
  expect(shown?.waitingUntilMs).toBeGreaterThan(pubsub.clock.now() - SECOND_MS);
});

test("takes no answer for a refusal: nobody listens there, then somebody does", async () => {
  const { target, subscription } = await pubsub.pushTo(() => 204);
  await subscription.modifyPushConfig({ pushEndpoint: "http://127.0.0.1:1/nobody" });
  await publish("a");
  await pubsub.service.settle();
  expect(pubsub.service.status().subscriptions[0]?.lastPushError?.reason).toContain("ECONNREFUSED");
  await subscription.modifyPushConfig({ pushEndpoint: `${target.url}/push` });
  await pubsub.advance(SECOND_MS);
  expect(target.calls).toHaveLength(1);
  expect(pubsub.service.status().subscriptions[0]?.undelivered).toBe(0);
});

test("does not deliver the second message of a key before the first is acknowledged", async () => {
  let answerFirst: (status: number) => void = () => undefined;
  const first = new Promise<number>(resolve => {
    answerFirst = resolve;
  });
  const { target, texts } = await pubsub.pushTo(({ body }) => (textOf(bodyOf(body)) === "a1" ? first : 204), {
    enableMessageOrdering: true,
  });
  await publishInOrder(["a1", "a2", "a3"], "a");
  await publishInOrder(["b1", "b2"], "b");
  await publish("without");
  await target.received(4);
  await until(() => pubsub.service.status().subscriptions[0]?.inFlight === 1, "the others' acknowledgements");
  expect([...texts()].sort()).toEqual(["a1", "b1", "b2", "without"]);
  expect(pubsub.service.idle()).toBe(false);
  answerFirst(204);
  await pubsub.service.settle();
  expect(texts().slice(4)).toEqual(["a2", "a3"]);
  expect(bodyOf(target.calls[0]?.body ?? "").message.orderingKey).toBe("a");
});

test("holds the key of a failed message until it was delivered again, and no other key", async () => {
  let failures = 2;
  const { texts } = await pubsub.pushTo(
    ({ body }) => {
      if (textOf(bodyOf(body)) !== "a1" || failures === 0) return 204;
      failures -= 1;
      return 500;
    },
    {
      enableMessageOrdering: true,
      retryPolicy: { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 60 } },
    },
  );
  await publishInOrder(["a1", "a2"], "a");
  await publishInOrder(["b1"], "b");
  await pubsub.service.settle();
  expect(texts()).toEqual(["a1", "b1"]);
  await pubsub.advance(60 * SECOND_MS);
  expect(texts().slice(2)).toEqual(["a1", "a1", "a2"]);
});

test("doubles the wait from the minimum to the maximum backoff of the policy, by the clock", async () => {
  const atMs: number[] = [];
  await pubsub.pushTo(
    () => {
      atMs.push(pubsub.clock.now());
      return 500;
    },
    { retryPolicy: { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 40 } } },
  );
  await publish("a");
  await pubsub.advance(120 * SECOND_MS);
  const waits = atMs.slice(1).map((ms, place) => Math.round((ms - (atMs[place] ?? 0)) / SECOND_MS));
  expect(waits).toEqual([10, 20, 40, 40]);
});

test("slows down to a minute without a policy", async () => {
  const { target } = await pubsub.pushTo(() => 500);
  await publish("a");
  await pubsub.advance(3600 * SECOND_MS);
  // 100 ms doubled up to 60 s takes ten deliveries and 102 s; the rest of the hour is one a minute.
  expect(target.calls).toHaveLength(69);
});

test("moves a message to the dead letter topic after its last attempt, and its key goes on", async () => {
  const [deadLetters] = await pubsub.client.createTopic("dead-letters");
  const [graveyard] = await deadLetters.createSubscription("graveyard", {
    pushEndpoint: "http://127.0.0.1:1/",
  });
  const { target, texts } = await pubsub.pushTo(
    ({ body }) => (textOf(bodyOf(body)) === "poison" ? 500 : 204),
    {
      enableMessageOrdering: true,
      deadLetterPolicy: { deadLetterTopic: deadLetters.name, maxDeliveryAttempts: 5 },
      retryPolicy: { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 1 } },
    },
  );
  const { target: cemetery } = await pubsub.pushTo(() => 204, { filter: "attributes:nothing" });
  await graveyard.modifyPushConfig({ pushEndpoint: `${cemetery.url}/graveyard` });
  pubsub.topic.setPublishOptions({ messageOrdering: true });
  await pubsub.topic.publishMessage({
    data: Buffer.from("poison"),
    attributes: { a: "b" },
    orderingKey: "k",
  });
  await publishInOrder(["next"], "k");
  await pubsub.advance(10 * SECOND_MS);

  expect(texts()).toEqual([...Array<string>(5).fill("poison"), "next"]);
  expect(target.calls.map(({ body }) => bodyOf(body).deliveryAttempt)).toEqual([1, 2, 3, 4, 5, 1]);
  const [buried] = cemetery.calls.map(({ body }) => bodyOf(body));
  expect(buried?.message).toMatchObject({
    data: Buffer.from("poison").toString("base64"),
    orderingKey: "k",
    attributes: {
      a: "b",
      CloudPubSubDeadLetterSourceDeliveryCount: "5",
      CloudPubSubDeadLetterSourceSubscription: "push-1",
      CloudPubSubDeadLetterSourceSubscriptionProject: "demo-test",
      CloudPubSubDeadLetterSourceTopicPublishTime: expect.stringMatching(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/,
      ),
    },
  });
  expect(pubsub.service.status().subscriptions.every(({ undelivered }) => undelivered === 0)).toBe(true);
});

test("delivers to each subscription what its filter lets pass, and keeps nothing of the rest", async () => {
  const { target: orders } = await pubsub.pushTo(() => 204, {
    filter: 'hasPrefix(attributes.event_type, "order.")',
  });
  const { target: strays } = await pubsub.pushTo(() => 204, { filter: "NOT attributes:event_type" });
  await pubsub.topic.publishMessage({
    data: Buffer.from("order"),
    attributes: { event_type: "order.placed" },
  });
  await pubsub.topic.publishMessage({
    data: Buffer.from("cart"),
    attributes: { event_type: "cart.abandoned" },
  });
  await publish("stray");
  await pubsub.service.settle();
  expect(orders.calls.map(({ body }) => textOf(bodyOf(body)))).toEqual(["order"]);
  expect(strays.calls.map(({ body }) => textOf(bodyOf(body)))).toEqual(["stray"]);
  expect(pubsub.service.status().subscriptions.map(({ undelivered }) => undelivered)).toEqual([0, 0]);
});

test("lets a message go when its retention is over", async () => {
  const { target } = await pubsub.pushTo(() => 500, {
    messageRetentionDuration: { seconds: 600 },
    retryPolicy: { minimumBackoff: { seconds: 100 }, maximumBackoff: { seconds: 100 } },
  });
  await publish("a");
  await pubsub.advance(3600 * SECOND_MS);
  expect(target.calls).toHaveLength(6);
  expect(pubsub.service.status().subscriptions[0]).toMatchObject({ undelivered: 0, inFlight: 0 });
});

test("settles only after what its pushes set off has been pushed too", async () => {
  const { target } = await pubsub.pushTo(async ({ body }) => {
    const text = textOf(bodyOf(body));
    if (text.length < 5) await publish(`${text}+`);
    return 204;
  });
  await publish("a");
  await pubsub.service.settle();
  expect(target.calls).toHaveLength(5);
  expect(pubsub.service.idle()).toBe(true);
});

test("has at most a hundred messages of a subscription on their way", async () => {
  let open = (_: number) => undefined as void;
  const gate = new Promise<number>(resolve => {
    open = resolve;
  });
  const { target } = await pubsub.pushTo(() => gate);
  await Promise.all(Array.from({ length: 120 }, (_, place) => publish(String(place))));
  await target.received(100);
  expect(pubsub.service.status().subscriptions[0]).toMatchObject({ undelivered: 120, inFlight: 100 });
  expect(target.calls).toHaveLength(100);
  open(204);
  await pubsub.service.settle();
  expect(target.calls).toHaveLength(120);
});

test("cuts what is on its way when it is closed", async () => {
  let cut = false;
  const { target } = await pubsub.pushTo((_, response) => {
    response.on("close", () => {
      cut = true;
    });
    return undefined;
  });
  await publish("a");
  await target.received(1);
  pubsub.service.close();
  await until(() => cut, "the connection to be cut");
});
