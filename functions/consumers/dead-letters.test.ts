import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ProbeWorld } from "../../scripts/test/worlds/probe.ts";
import { startProbe } from "../../scripts/test/worlds/probe.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import { DEAD_LETTERS } from "../../shared/pipeline/receive/subscription-name.ts";

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

/** Publishes a dead letter as Pub/Sub does after a hundred attempts. */
async function giveUp(userId: string, subscription: string, marks: object = { fingerprint: "f" }) {
  const event = {
    event_type: "user.signed_up",
    event_id: `evt_${userId}`,
    user_id: userId,
    timestamp: "2026-01-01T00:00:00.000Z",
    payload: { email: "a@example.com" },
    schema_version: 1,
    producer: "ingest",
    received_at: "2026-01-01T00:00:00.000Z",
    correlation_id: "cor_1",
  };
  const attributes = {
    event_type: "user.signed_up",
    ...marks,
    CloudPubSubDeadLetterSourceSubscription: subscription,
    CloudPubSubDeadLetterSourceDeliveryCount: "100",
    CloudPubSubDeadLetterSourceTopicPublishTime: "2026-01-01T00:00:00.000+00:00",
  };
  const topic = (await pubsub()).topic(DEAD_LETTERS);
  await topic.publishMessage({ data: Buffer.from(JSON.stringify(event)), attributes });
  await world.settle();
}

async function probesSubscription(): Promise<string> {
  const { subscriptions } = await world.services();
  return (
    subscriptions
      .find(name => name.includes("pulsecart.probe."))
      ?.split("/")
      .at(-1) ?? ""
  );
}

test("defers a dead-lettered event in the ledger of its reaction", async () => {
  await giveUp("usr_given_up", await probesSubscription());
  expect(await world.entriesOf("usr_given_up")).toMatchObject([
    { by: "probe", state: "deferred", n: 1, reason: "Error: Pub/Sub gave up after 100 deliveries" },
  ]);
  await world.advance(11_000);
  expect(await world.entriesOf("usr_given_up")).toMatchObject([{ state: "done" }]);
  expect(await world.timesOf("usr_given_up")).toBe(1);
});

test("changes nothing when the event was handled before", async () => {
  await world.signUp("usr_handled", { event_id: "evt_usr_handled" });
  await world.settle();
  const [before] = await world.entriesOf("usr_handled");
  await giveUp("usr_handled", await probesSubscription());
  const entries = await world.entriesOf("usr_handled");
  expect(entries.filter(({ state }) => state === "done")).toEqual([before]);
  expect(await world.timesOf("usr_handled")).toBe(1);
});

test("leaves a message of another system to the consumer adopt", async () => {
  await giveUp("usr_outside", await probesSubscription(), {});
  expect(await world.entriesOf("usr_outside")).toEqual([]);
});

test("parks dead letters of unknown subscriptions and unreadable ones", async () => {
  await giveUp("usr_foreign", "another-system");
  const foreign = (await world.ledgerOf("dead-letters")).map(({ state, reason }) => ({ state, reason }));
  expect(foreign).toEqual([
    { state: "parked", reason: "PermanentError: the message came from no subscription of PulseCart" },
  ]);
  const topic = (await pubsub()).topic(DEAD_LETTERS);
  const attributes = {
    fingerprint: "f",
    CloudPubSubDeadLetterSourceSubscription: await probesSubscription(),
  };
  await topic.publishMessage({ data: Buffer.from("{"), attributes });
  await world.settle();
  expect(await world.entriesOf("unknown")).toMatchObject([
    { by: "probe", state: "parked", reason: "PermanentError: the message is not JSON", event: "{" },
  ]);
});
