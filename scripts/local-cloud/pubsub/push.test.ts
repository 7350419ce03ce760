import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { SECOND_MS } from "../durations.ts";
import { until } from "../test/http-target.ts";
import type { Pushed, TestPubSub } from "../test/pubsub.ts";
import { bodyOf, startTestPubSub, textOf } from "../test/pubsub.ts";

let pubsub: TestPubSub;
beforeEach(async () => {
  pubsub = await startTestPubSub();
});
afterEach(() => pubsub.close());

const publish = (text: string) => pubsub.topic.publishMessage({ data: Buffer.from(text) });

test("shows undelivered messages, the next retry and the last failure", async () => {
  const { subscription } = await pubsub.pushTo(({ body }) => Number(textOf(bodyOf(body))));
  for (const answer of ["204", "400", "500"]) await publish(answer);
  await pubsub.service.settle();
  const status = () => pubsub.service.status().subscriptions[0];
  expect(status()).toMatchObject({
    undelivered: 2,
    inFlight: 0,
    lastPushError: { reason: "HTTP 500 the target said no" },
  });
  expect(status()?.waitingUntilMs).toBeGreaterThan(pubsub.clock.now() - SECOND_MS);
  await subscription.modifyPushConfig({ pushEndpoint: "http://127.0.0.1:1/closed" });
  await pubsub.advance(SECOND_MS);
  expect(status()?.lastPushError?.reason).toContain("ECONNREFUSED");
});

test("holds neither filtered nor delivered messages", async () => {
  await pubsub.pushTo(() => 204, { filter: 'hasPrefix(attributes.event_type, "order.")' });
  for (const event_type of ["order.placed", "cart.abandoned"]) {
    await pubsub.topic.publishMessage({ data: Buffer.from("x"), attributes: { event_type } });
  }
  await pubsub.service.settle();
  expect(pubsub.service.status().subscriptions[0]).toMatchObject({ undelivered: 0, inFlight: 0 });
});

test("assigns ids that sort as text in the order of publishing", async () => {
  const ids = [];
  for (const text of ["a", "b", "c"]) ids.push(await publish(text));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(3);
});

test("is idle only after the messages that its pushes cause", async () => {
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

test("limits pushes in flight, and reserves some for each subscription", async () => {
  let open = (_: number) => undefined as void;
  const gate = new Promise<number>(resolve => {
    open = resolve;
  });
  const pushed: Pushed[] = [];
  const subscribeAndPublish = async (messages: number) => {
    pushed.push(await pubsub.pushTo(() => gate));
    await Promise.all(Array.from({ length: messages }, (_, place) => publish(String(place))));
  };
  const inFlight = () => pubsub.service.status().subscriptions.map(subscription => subscription.inFlight);
  await subscribeAndPublish(120);
  expect(inFlight()).toEqual([100]);
  await subscribeAndPublish(40);
  expect(inFlight()).toEqual([100, 28]);
  await subscribeAndPublish(20);
  expect(inFlight()).toEqual([100, 28, 8]);
  open(204);
  await pubsub.service.settle();
  expect(pushed.map(({ target }) => target.calls.length)).toEqual([180, 60, 20]);
});

test("cuts pushes in flight when closed", async () => {
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
