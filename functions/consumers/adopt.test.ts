import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    "http/ingest",
    "reactions/archive",
    "reactions/carts",
    "timers/abandon-cart",
    "consumers/adopt",
  ]);
});
afterAll(() => world.close());

async function publish(topic: string, body: unknown, attributes = {}): Promise<string> {
  const data = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const messageId = await (await pubsub()).topic(topic).publishMessage({ data, attributes });
  await world.settle();
  return messageId;
}

const archived = async (subject: string) =>
  (await world.all(archivedEvents)).filter(event => event.subject === subject);
const adopted = async (id: string) => (await world.ledgerOf("adopt")).filter(({ cause }) => cause.id === id);

test("adopts a message of user-events under another system's names", async () => {
  const body = { event: "user.created", userId: 42, email: "a@example.com" };
  const messageId = await publish("user-events", body, { origin: "lab" });
  expect(await archived("42")).toMatchObject([{ event_type: "user.signed_up", producer: "adopt" }]);
  expect(await adopted(messageId)).toMatchObject([{ state: "done" }]);
});

test("adopts a message that was published straight to a topic", async () => {
  const payload = { product_id: "lamp", quantity: 2 };
  const body = { event_type: "cart.item_added", user_id: "usr_1", session_id: "s1", payload };
  await publish("pulsecart.user-actions", body);
  expect(await archived("usr_1")).toMatchObject([{ event_type: "cart.item_added" }]);
  expect((await world.ledgerOf("carts")).map(({ state }) => state)).toEqual(["done"]);
});

test("adopts a message once when it is delivered twice", async () => {
  world.faults.set({ seed: 1, duplicate: 1 });
  await publish("user-events", { event: "user.created", userId: "usr_again", email: "b@example.com" });
  world.faults.set({});
  expect(await archived("usr_again")).toHaveLength(1);
});

test("ignores an event that came through ingest", async () => {
  const before = await world.ledgerOf("adopt");
  const payload = { email: "c@example.com" };
  await world.send("POST", "/events/ingest", { event_type: "user.signed_up", user_id: "usr_right", payload });
  await world.settle();
  expect(await archived("usr_right")).toMatchObject([{ producer: "ingest" }]);
  expect(await world.ledgerOf("adopt")).toEqual(before);
});

test("parks a message that is not an event, with body and expectation", async () => {
  const messageId = await publish("user-events", '{"event": "user.created"');
  expect(await adopted(messageId)).toMatchObject([
    {
      state: "parked",
      reason: expect.stringContaining("expected a JSON object"),
      event: '{"event": "user.created"',
    },
  ]);
  const unnamed = await publish("pulsecart.system-events", { event_type: "no.such_type", payload: {} });
  expect(await adopted(unnamed)).toMatchObject([
    { state: "parked", reason: expect.stringContaining("unknown_type") },
  ]);
});
