import { expect, test } from "@jest/globals";
import { SECOND_MS } from "../../../../shared/values/durations.ts";
import { bodyOf, textOf } from "../../../local-cloud/test/pubsub.ts";
import { SLOW_MS } from "../target.ts";
import { eventually } from "./eventually.ts";
import { pubsubUnderTest } from "./test-target.ts";

const pubsub = pubsubUnderTest();

const INVALID_ARGUMENT = 3;
const textsOf = (received: ReadonlyArray<{ text: string }>) => received.map(({ text }) => text);
const oneSecond = { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 1 } };

test("pushes a key's next message only after the previous acknowledgement", async () => {
  let answerFirst: (status: number) => void = () => undefined;
  const first = new Promise<number>(resolve => {
    answerFirst = resolve;
  });
  const { texts } = await pubsub.pushTo(({ body }) => (textOf(bodyOf(body)) === "a1" ? first : 204), {
    enableMessageOrdering: true,
  });
  await pubsub.publish(["a1", "a2", "a3"], "a");
  await pubsub.publish(["b1", "b2"], "b");
  await pubsub.publish(["without"]);
  await eventually(
    () => texts().length === 4,
    () => `pushed ${texts()}`,
  );
  expect([...texts()].sort()).toEqual(["a1", "b1", "b2", "without"]);
  answerFirst(204);
  await eventually(
    () => texts().length === 6,
    () => `pushed ${texts()}`,
  );
  expect(texts().slice(4)).toEqual(["a2", "a3"]);
});

test("names the ordering key in a push body", async () => {
  const { bodies } = await pubsub.pushTo(() => 204, { enableMessageOrdering: true });
  await pubsub.publish(["a1"], "a");
  await eventually(
    () => bodies().length === 1,
    () => "the push",
  );
  expect(bodies()[0]?.message.orderingKey).toBe("a");
});

test(
  "holds only the failed message's key until its redelivery by push",
  async () => {
    let failures = 2;
    const { texts } = await pubsub.pushTo(
      ({ body }) => {
        if (textOf(bodyOf(body)) !== "a1" || failures === 0) return 204;
        failures -= 1;
        return 500;
      },
      { enableMessageOrdering: true, retryPolicy: oneSecond },
    );
    await pubsub.publish(["a1", "a2"], "a");
    await pubsub.publish(["b1"], "b");
    await eventually(
      () => texts().includes("b1"),
      () => "the other key",
    );
    await pubsub.pass(3 * SECOND_MS);
    await eventually(
      () => texts().includes("a2"),
      () => `pushed ${texts()}`,
    );
    expect(texts().filter(text => text.startsWith("a"))).toEqual(["a1", "a1", "a1", "a2"]);
    expect(texts().filter(text => text === "b1")).toHaveLength(1);
  },
  SLOW_MS,
);

test("redelivers all later messages of a key after a redelivered one", async () => {
  const subscription = await pubsub.createSubscription({ enableMessageOrdering: true });
  await pubsub.publish(["a1", "a2", "a3", "a4"], "a");
  await pubsub.publish(["b1"], "b");
  const received = await pubsub.pullAll(subscription, 5);
  expect(textsOf(received).filter(text => text !== "b1")).toEqual(["a1", "a2", "a3", "a4"]);
  const find = (text: string) => received.find(message => message.text === text);
  await pubsub.acknowledge(subscription, find("a1"), find("a3"), find("b1"));
  await pubsub.setDeadline(subscription, 0, find("a2"));
  await pubsub.acknowledge(subscription, find("a4"));
  await pubsub.pass(SECOND_MS);
  expect(textsOf(await pubsub.pullAll(subscription, 3))).toEqual(["a2", "a3", "a4"]);
});

test("delivers other keys while a pulled message holds its own key", async () => {
  const subscription = await pubsub.createSubscription({ enableMessageOrdering: true });
  await pubsub.publish(["a1", "a2"], "a");
  await pubsub.publish(["b1"], "b");
  const [a1] = await pubsub.pull(subscription, 1);
  expect(a1?.text).toBe("a1");
  expect(textsOf(await pubsub.pullAll(subscription, 1))).toEqual(["b1"]);
  await pubsub.acknowledge(subscription, a1);
  expect(textsOf(await pubsub.pullAll(subscription, 1))).toEqual(["a2"]);
});

test("restarts a key's order at the nacked message of a stream", async () => {
  const subscription = await pubsub.createSubscription({ enableMessageOrdering: true });
  const acknowledged: string[] = [];
  let refused = false;
  const stream = pubsub.listen(subscription, message => {
    const text = message.data.toString();
    if (text === "a2" && !refused) {
      refused = true;
      message.nack();
    } else {
      acknowledged.push(text);
      message.ack();
    }
  });
  await pubsub.publish(["a1", "a2", "a3"], "a");
  await eventually(
    () => acknowledged.lastIndexOf("a3") > acknowledged.indexOf("a2") && acknowledged.includes("a2"),
    () => `acknowledged ${acknowledged}`,
  );
  await stream.close();
  expect(acknowledged[0]).toBe("a1");
  expect(acknowledged.slice(-2)).toEqual(["a2", "a3"]);
});

test("delivers later messages of a key when the subscription is unordered", async () => {
  const subscription = await pubsub.createSubscription();
  await pubsub.publish(["a1", "a2"], "a");
  const held = await pubsub.pullAll(subscription, 2);
  expect(textsOf(held).sort()).toEqual(["a1", "a2"]);
  expect(held.map(({ orderingKey }) => orderingKey)).toEqual(["a", "a"]);
});

test.each([
  ["two keys", ["a", "b"]],
  ["a keyed and an unkeyed message", ["a", ""]],
])("refuses a publish request with %s", async (_, keys) => {
  const messages = keys.map(orderingKey => ({ data: Buffer.from("x"), orderingKey }));
  const refused = pubsub.publisher.publish({ topic: pubsub.topic.name, messages });
  await expect(refused).rejects.toMatchObject({ code: INVALID_ARGUMENT });
});
