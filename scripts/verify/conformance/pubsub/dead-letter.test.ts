import { expect, test } from "@jest/globals";
import { SECOND_MS } from "../../../../shared/values/durations.ts";
import { bodyOf, textOf } from "../../../local-cloud/test/pubsub.ts";
import { SLOW_MS } from "../target.ts";
import { eventually } from "./eventually.ts";
import { pubsubUnderTest } from "./test-target.ts";

const pubsub = pubsubUnderTest();

const retryPolicy = { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 1 } };

/** Creates a dead-letter topic and a subscription to pull its messages from. */
async function createDeadLetters() {
  const [{ name: deadLetterTopic }] = await pubsub.client.createTopic("dead-letters");
  const [letters] = await pubsub.client.topic(deadLetterTopic).createSubscription("dead-letters");
  return { deadLetterTopic, letters };
}

const refusesPermanent = ({ body }: { body: string }) => (textOf(bodyOf(body)) === "permanent" ? 500 : 204);

test(
  "moves a pushed message with its origin to the dead-letter topic",
  async () => {
    const { deadLetterTopic, letters } = await createDeadLetters();
    const { texts } = await pubsub.pushTo(refusesPermanent, {
      deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 },
      retryPolicy,
    });
    await pubsub.topic.publishMessage({ data: Buffer.from("permanent"), attributes: { a: "b" } });
    await pubsub.pass(8 * SECOND_MS);
    const [deadLetter] = await pubsub.pullAll(letters, 1);
    expect(texts()).toEqual(Array<string>(5).fill("permanent"));
    expect(deadLetter).toMatchObject({
      text: "permanent",
      attributes: {
        a: "b",
        CloudPubSubDeadLetterSourceDeliveryCount: "5",
        CloudPubSubDeadLetterSourceSubscription: "subscription-1",
        CloudPubSubDeadLetterSourceSubscriptionProject: pubsub.project,
        CloudPubSubDeadLetterSourceTopicPublishTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/),
      },
    });
  },
  SLOW_MS,
);

test(
  "names the delivery attempt in a push body",
  async () => {
    const { deadLetterTopic } = await createDeadLetters();
    const { bodies } = await pubsub.pushTo(() => (bodies().length < 3 ? 500 : 204), {
      deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 },
      retryPolicy,
    });
    await pubsub.publish(["a"]);
    await pubsub.pass(4 * SECOND_MS);
    await eventually(
      () => bodies().length === 3,
      () => `${bodies().length} attempts`,
    );
    expect(bodies().map(({ deliveryAttempt }) => deliveryAttempt)).toEqual([1, 2, 3]);
  },
  SLOW_MS,
);

test("names the delivery attempt of pulled messages until dead-lettering", async () => {
  const { deadLetterTopic, letters } = await createDeadLetters();
  const subscription = await pubsub.createSubscription({
    deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 },
  });
  await pubsub.publish(["a"]);
  for (const attempt of [1, 2, 3, 4, 5]) {
    const received = await pubsub.pullAll(subscription, 1);
    expect(received[0]?.deliveryAttempt).toBe(attempt);
    await pubsub.setDeadline(subscription, 0, ...received);
    await pubsub.pass(SECOND_MS);
  }
  // Google's emulator moves the message to the dead-letter topic at the next pull.
  expect(await pubsub.pull(subscription)).toEqual([]);
  expect((await pubsub.pullAll(letters, 1))[0]?.text).toBe("a");
});

test(
  "pushes a key's next message when one was dead-lettered",
  async () => {
    const { deadLetterTopic, letters } = await createDeadLetters();
    const { texts } = await pubsub.pushTo(refusesPermanent, {
      enableMessageOrdering: true,
      deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 },
      retryPolicy,
    });
    await pubsub.publish(["permanent", "next"], "k");
    await pubsub.publish(["other"], "l");
    await eventually(
      () => texts().includes("other"),
      () => `pushed ${texts()}`,
    );
    await pubsub.pass(8 * SECOND_MS);
    await eventually(
      () => texts().includes("next"),
      () => `pushed ${texts()}`,
    );
    expect(texts().filter(text => text !== "other")).toEqual([...Array<string>(5).fill("permanent"), "next"]);
    expect((await pubsub.pullAll(letters, 1))[0]).toMatchObject({ text: "permanent", orderingKey: "k" });
  },
  SLOW_MS,
);
