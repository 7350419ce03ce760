import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { carts } from "../../shared/collections.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import type { ArchivedEvent } from "../../shared/pipeline/records/archived-event.ts";
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
  expect(await archived("42")).toMatchObject([{ event_type: "user.signed_up", producer: "user-events" }]);
  expect(await adopted(messageId)).toMatchObject([{ state: "done" }]);
});

describe("message straight to a topic", () => {
  const TOPIC = "pulsecart.user-actions";
  const added = (userId: string, fields = {}) => ({
    event_type: "cart.item_added",
    user_id: userId,
    session_id: `s_${userId}`,
    payload: { product_id: "lamp", quantity: 2 },
    ...fields,
  });
  const entriesOf = async (by: string, userId: string) =>
    (await world.ledgerOf(by)).filter(({ cause }) => cause.subject === userId);

  /** Checks that the archive and the carts handled one event of the user, once, and parked none. */
  async function expectOnce(userId: string, expected: object = {}): Promise<void> {
    expect(await archived(userId)).toMatchObject([{ event_type: "cart.item_added", ...expected }]);
    expect((await entriesOf("carts", userId)).map(({ state }) => state)).toEqual(["done"]);
    const cart = (await world.all(carts)).find(({ cart_id }) => cart_id === `cart_s_${userId}`);
    expect(cart?.lines.map(({ quantity }) => quantity)).toEqual([2]);
  }

  const foreign: [string, string, (userId: string) => Record<string, string>][] = [
    ["without attributes", "bare", () => ({})],
    ["with an event_type", "typed", () => ({ event_type: "cart.item_added" })],
    [
      "with the attributes of another publisher",
      "many",
      user_id => ({ event_type: "cart.item_added", event_id: `evt_${user_id}`, user_id, subject: "other" }),
    ],
    ["with another system's event_type", "alias", () => ({ event_type: "ItemAddedToCart" })],
  ];

  test.each(foreign)("adopts the event once %s", async (_title, name, attributesOf) => {
    const userId = `usr_${name}`;
    const messageId = await publish(TOPIC, added(userId), attributesOf(userId));
    await expectOnce(userId, { producer: TOPIC });
    expect(await adopted(messageId)).toMatchObject([{ state: "done" }]);
  });

  test.each(foreign)("keeps its event_id %s and counts once when published twice", async (_, name, of) => {
    const userId = `usr_twice_${name}`;
    const body = added(userId, { event_id: `evt_own_${name}` });
    await publish(TOPIC, body, of(userId));
    await publish(TOPIC, body, of(userId));
    await expectOnce(userId, { event_id: `evt_own_${name}`, producer: TOPIC });
  });

  test.each(foreign)("adopts the event once when delivered twice %s", async (_, name, attributesOf) => {
    const userId = `usr_again_${name}`;
    world.faults.set({ seed: 1, duplicate: 1 });
    await publish(TOPIC, added(userId), attributesOf(userId));
    world.faults.set({});
    await expectOnce(userId);
  });

  test("counts once when PulseCart's own message is published twice", async () => {
    await world.send("POST", "/events/ingest", added("usr_own", { event_id: "evt_usr_own" }));
    await world.settle();
    const [own] = await archived("usr_own");
    const { event_type, event_id, producer, subject, fingerprint, event } = own as ArchivedEvent;
    const before = await world.ledgerOf("adopt");
    await publish(TOPIC, event, { event_type, event_id, producer, subject, fingerprint });
    await expectOnce("usr_own", { event_id: "evt_usr_own", producer: "ingest" });
    expect(await world.ledgerOf("adopt")).toEqual(before);
  });

  test("names the topic as producer when the body claims another one", async () => {
    const fields = { producer: "checkout", received_at: "2020-01-01T00:00:00.000Z", schema_version: 1 };
    const own = { event_id: "evt_forged", correlation_id: "cor_1", timestamp: "2020-01-01T00:00:00.000Z" };
    await publish(TOPIC, added("usr_forged", { ...fields, ...own }), { event_type: "cart.item_added" });
    expect(await archived("usr_forged")).toMatchObject([{ event_id: "evt_forged", producer: TOPIC }]);
  });

  test("parks the message in adopt alone when the body is no event", async () => {
    const messageId = await publish(TOPIC, "{}", { event_type: "cart.item_added", subject: "usr_broken" });
    expect(await adopted(messageId)).toMatchObject([{ state: "parked" }]);
    expect(await entriesOf("carts", "usr_broken")).toEqual([]);
    expect(await entriesOf("archive", "usr_broken")).toEqual([]);
  });
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
