import { expect, test } from "@jest/globals";
import { SECOND_MS } from "../../../../shared/values/durations.ts";
import { bodyOf, textOf } from "../../../local-cloud/test/pubsub.ts";
import { onlyEmbedded, SLOW_MS } from "../target.ts";
import { eventually } from "./eventually.ts";
import { pubsubUnderTest } from "./test-target.ts";

const pubsub = pubsubUnderTest();

const oneSecond = { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 1 } };
const needsHours = onlyEmbedded("the test needs hours, and the clock of Google's emulator cannot be moved");

/** Returns the seconds between successive times, rounded. */
const waitsOf = (atMs: readonly number[]) =>
  atMs.slice(1).map((ms, place) => Math.round((ms - (atMs[place] ?? 0)) / SECOND_MS));

test("posts a message as JSON with both spellings of field names", async () => {
  const { target, subscription, bodies } = await pubsub.pushTo(() => 204);
  const messageId = await pubsub.topic.publishMessage({
    data: Buffer.from("hello"),
    attributes: { event_type: "x" },
  });
  await eventually(
    () => target.calls.length === 1,
    () => "the push",
  );
  expect(target.calls[0]).toMatchObject({
    method: "POST",
    path: "/push",
    headers: { "content-type": "application/json" },
  });
  const [body] = bodies();
  expect(body).toMatchObject({
    subscription: subscription.name,
    message: { data: "aGVsbG8=", attributes: { event_type: "x" }, messageId, message_id: messageId },
  });
  expect(body?.message.publish_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  expect(body?.message.publishTime).toBe(body?.message.publish_time);
});

test("sends an OIDC token with a push when the subscription names one", async () => {
  const { target } = await pubsub.pushTo(() => 204, {
    oidcToken: { serviceAccountEmail: "invoker@demo-test.iam.gserviceaccount.com", audience: "https://me" },
  });
  await pubsub.publish(["a"]);
  await eventually(
    () => target.calls.length === 1,
    () => "the push",
  );
  const [scheme, token = ""] = target.calls[0]?.headers.authorization?.split(" ") ?? [];
  expect(scheme).toBe("Bearer");
  expect(await pubsub.claims(token, "https://me")).toMatchObject({
    aud: "https://me",
    email: "invoker@demo-test.iam.gserviceaccount.com",
  });
});

test("uses the endpoint as audience when the subscription names none", async () => {
  const { target, subscription } = await pubsub.pushTo(() => 204);
  const pushEndpoint = `${target.url}/push?a=b`;
  await subscription.modifyPushConfig({ pushEndpoint, oidcToken: { serviceAccountEmail: "a@b.c" } });
  await pubsub.publish(["a"]);
  await eventually(
    () => target.calls.length === 1,
    () => "the push",
  );
  const token = target.calls[0]?.headers.authorization?.replace("Bearer ", "") ?? "";
  expect(await pubsub.claims(token, pushEndpoint)).toMatchObject({ aud: pushEndpoint });
});

test(
  "acknowledges a push only when the status is 200, 201, 202, 204",
  async () => {
    const { texts } = await pubsub.pushTo(({ body }) => Number(textOf(bodyOf(body))), {
      retryPolicy: oneSecond,
    });
    const good = ["200", "201", "202", "204"];
    const bad = ["203", "206", "301", "400", "404", "429", "500", "503"];
    await pubsub.publish([...good, ...bad]);
    const count = (text: string) => texts().filter(each => each === text).length;
    await eventually(
      () => [...good, ...bad].every(text => count(text) > 0),
      () => `pushed ${texts()}`,
    );
    await pubsub.pass(3 * SECOND_MS);
    await eventually(
      () => bad.every(text => count(text) > 1),
      () => `pushed ${texts()}`,
    );
    expect(good.map(count)).toEqual(good.map(() => 1));
  },
  SLOW_MS,
);

test(
  "retries a push until the endpoint answers",
  async () => {
    const { target, subscription } = await pubsub.pushTo(() => 204, {
      pushEndpoint: "http://127.0.0.1:1/nobody",
      retryPolicy: oneSecond,
    });
    await pubsub.publish(["a"]);
    await pubsub.pass(SECOND_MS);
    await subscription.modifyPushConfig({ pushEndpoint: `${target.url}/push` });
    await pubsub.pass(2 * SECOND_MS);
    await eventually(
      () => target.calls.length === 1,
      () => "the push",
    );
  },
  SLOW_MS,
);

test(
  "increases the backoff of failed pushes from the minimum on",
  async () => {
    const atMs: number[] = [];
    await pubsub.pushTo(
      () => {
        atMs.push(pubsub.nowMs());
        return 500;
      },
      { retryPolicy: { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 4 } } },
    );
    await pubsub.publish(["a"]);
    await pubsub.pass(9 * SECOND_MS);
    await eventually(
      () => atMs.length >= 4,
      () => `${atMs.length} attempts`,
    );
    const waits = atMs.slice(1).map((ms, place) => ms - (atMs[place] ?? 0));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(990);
    expect(waits[2]).toBeGreaterThan((waits[0] ?? 0) * 1.5);
  },
  SLOW_MS,
);

needsHours("doubles the backoff from the minimum to the maximum", async () => {
  const atMs: number[] = [];
  const retryPolicy = { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 40 } };
  await pubsub.pushTo(
    () => {
      atMs.push(pubsub.nowMs());
      return 500;
    },
    { retryPolicy },
  );
  await pubsub.publish(["a"]);
  await pubsub.pass(120 * SECOND_MS);
  expect(waitsOf(atMs)).toEqual([10, 20, 40, 40]);
});

needsHours("increases the backoff to a minute when no retry policy exists", async () => {
  const { target } = await pubsub.pushTo(() => 500);
  await pubsub.publish(["a"]);
  await pubsub.pass(3600 * SECOND_MS);
  // The backoff doubles from 100 ms to 60 s: ten deliveries within 102 s. Then follows one delivery a minute.
  expect(target.calls).toHaveLength(69);
});

needsHours("drops a message when its retention has passed", async () => {
  const { target, subscription } = await pubsub.pushTo(() => 500, {
    messageRetentionDuration: { seconds: 600 },
    retryPolicy: { minimumBackoff: { seconds: 100 }, maximumBackoff: { seconds: 100 } },
  });
  await pubsub.publish(["a"]);
  await pubsub.pass(3600 * SECOND_MS);
  expect(target.calls).toHaveLength(6);
  await subscription.modifyPushConfig({});
  expect(await pubsub.pull(subscription)).toEqual([]);
});

test(
  "allows pulls without an endpoint and pushes again with one",
  async () => {
    const { subscription, target } = await pubsub.pushTo(() => 204);
    await subscription.modifyPushConfig({});
    await pubsub.publish(["a"]);
    await pubsub.acknowledge(subscription, ...(await pubsub.pullAll(subscription, 1)));
    await subscription.modifyPushConfig({ pushEndpoint: `${target.url}/push` });
    await pubsub.publish(["b"]);
    await eventually(
      () => target.calls.length === 1,
      () => "the push",
    );
    expect(target.calls.map(({ body }) => textOf(bodyOf(body)))).toEqual(["b"]);
  },
  SLOW_MS,
);
