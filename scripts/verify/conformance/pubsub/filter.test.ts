import { expect, test } from "@jest/globals";
import { pubsubUnderTest } from "./test-target.ts";

const pubsub = pubsubUnderTest();

const refused = { code: 3 };

/** Attributes of the messages in publish order. The text of a message is its index. */
const MESSAGES: Record<string, string>[] = [
  { event_type: "order.placed", region: "eu-west" },
  { event_type: "order.paid" },
  { event_type: "cart.abandoned", region: "eu-north" },
  { region: "us-east" },
];

test.each([
  ["attributes.k = value", 'attributes.event_type = "order.paid"', ["1"]],
  ["attributes.k=value", 'attributes.event_type="order.paid"', ["1"]],
  ["attributes.k != value", 'attributes.event_type != "order.paid"', ["0", "2", "3"]],
  ["attributes:k", "attributes:region", ["0", "2", "3"]],
  ["hasPrefix", 'hasPrefix(attributes.event_type, "order.")', ["0", "1"]],
  ["NOT", "NOT attributes:event_type", ["3"]],
  ["AND", 'attributes:region AND hasPrefix(attributes.region, "eu-")', ["0", "2"]],
  ["OR", 'attributes.region = "us-east" OR attributes.event_type = "order.paid"', ["1", "3"]],
  [
    "parentheses",
    'attributes:event_type AND (attributes.region = "eu-west" OR attributes.region = "eu-north")',
    ["0", "2"],
  ],
])("delivers only matching messages when a filter uses %s", async (_, filter, passes) => {
  const filtered = await pubsub.createSubscription({ filter });
  const everything = await pubsub.createSubscription();
  for (const [place, attributes] of MESSAGES.entries()) {
    await pubsub.topic.publishMessage({ data: Buffer.from(String(place)), attributes });
  }
  await pubsub.pullAll(everything, MESSAGES.length);
  const passed = await pubsub.pullAll(filtered, passes.length);
  expect(passed.map(({ text }) => text).sort()).toEqual(passes);
  expect(await pubsub.pull(filtered)).toEqual([]);
});

test("refuses a filter that mixes AND and OR without parentheses", async () => {
  const filter = "attributes:a AND attributes:b OR attributes:c";
  await expect(pubsub.createSubscription({ filter })).rejects.toMatchObject(refused);
});

test("refuses a filter that cannot be parsed", async () => {
  await expect(pubsub.createSubscription({ filter: "attributes.a" })).rejects.toMatchObject(refused);
});

test("accepts a filter of 256 bytes and refuses one of 257", async () => {
  const filterOf = (bytes: number) => `attributes.a = "${"x".repeat(bytes - 17)}"`;
  await pubsub.createSubscription({ filter: filterOf(256) });
  await expect(pubsub.createSubscription({ filter: filterOf(257) })).rejects.toMatchObject(refused);
});

test("refuses a change of a filter", async () => {
  const subscription = await pubsub.createSubscription({ filter: "attributes:a" });
  await expect(subscription.setMetadata({ filter: "attributes:b" })).rejects.toMatchObject(refused);
  expect((await subscription.getMetadata())[0].filter).toBe("attributes:a");
});
