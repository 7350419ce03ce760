import { expect, test } from "@jest/globals";
import { SECOND_MS } from "../../../../shared/values/durations.ts";
import { bodyOf, textOf } from "../../../local-cloud/test/pubsub.ts";
import { SLOW_MS } from "../target.ts";
import { eventually, pubsubUnderTest } from "./test-target.ts";

const pubsub = pubsubUnderTest();

const retryPolicy = { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 1 } };

/** A topic for what died, and a subscription to find it by. */
async function graveyard() {
  const [{ name: deadLetterTopic }] = await pubsub.client.createTopic("dead-letters");
  const [found] = await pubsub.client.topic(deadLetterTopic).createSubscription("graveyard");
  return { deadLetterTopic, found };
}

const refusesPermanentErrors = ({ body }: { body: string }) =>
  textOf(bodyOf(body)) === "poison" ? 500 : 204;

test(
  "push: a message is moved to the dead letter topic after its last attempt, with where it came from",
  async () => {
    const { deadLetterTopic, found } = await graveyard();
    const { texts } = await pubsub.pushTo(refusesPermanentErrors, {
      deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 },
      retryPolicy,
    });
    await pubsub.topic.publishMessage({ data: Buffer.from("poison"), attributes: { a: "b" } });
    await pubsub.pass(8 * SECOND_MS);
    const [buried] = await pubsub.pullAll(found, 1);
    expect(texts()).toEqual(Array<string>(5).fill("poison"));
    expect(buried).toMatchObject({
      text: "poison",
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
  "push: the body says which delivery attempt it is",
  async () => {
    const { deadLetterTopic } = await graveyard();
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

test("pull: a message says which delivery attempt it is, and dies after the last one", async () => {
  const { deadLetterTopic, found } = await graveyard();
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
  // Google's emulator buries at the next pull.
  expect(await pubsub.pull(subscription)).toEqual([]);
  expect((await pubsub.pullAll(found, 1))[0]?.text).toBe("a");
});

test(
  "push with ordering: the key goes on with its next message when one of its messages has died",
  async () => {
    const { deadLetterTopic, found } = await graveyard();
    const { texts } = await pubsub.pushTo(refusesPermanentErrors, {
      enableMessageOrdering: true,
      deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 },
      retryPolicy,
    });
    await pubsub.publish(["poison", "next"], "k");
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
    expect(texts().filter(text => text !== "other")).toEqual([...Array<string>(5).fill("poison"), "next"]);
    expect((await pubsub.pullAll(found, 1))[0]).toMatchObject({ text: "poison", orderingKey: "k" });
  },
  SLOW_MS,
);
