import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { catalogue } from "../../shared/events/catalogue.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld(["http/ingest", "reactions/archive"]);
});
afterAll(() => world.close());

test("stores every event of every type once", async () => {
  const examples = [...catalogue.values()].map(({ example }, index) => ({
    ...example,
    event_id: `evt_${index}`,
  }));
  for (const example of [...examples, ...examples]) {
    expect((await world.send("POST", "/events/ingest", example)).status).toBe(202);
  }
  await world.settle();
  const stored = (await world.all(archivedEvents)).filter(({ producer }) => producer === "ingest");
  expect(stored.map(({ event_id }) => event_id).sort()).toEqual(
    examples.map(({ event_id }) => event_id).sort(),
  );
  for (const { event_type, event_id, event, day } of stored) {
    const accepted = examples.find(example => example.event_id === event_id);
    expect(JSON.parse(event)).toMatchObject({ event_type, payload: accepted?.payload });
    expect(day).toBe(JSON.parse(event).received_at.slice(0, 10));
  }
});

test.each([
  ["0001-01-01T00:00:00.000Z", true],
  ["9999-12-31T23:59:59.999Z", true],
  ["2000-01-01T00:00:00.000Z", undefined],
])("keeps the timestamp %s as sent, flagged: %p", async (timestamp, flag) => {
  const user_id = `usr_${timestamp.slice(0, 4)}`;
  await world.send("POST", "/events/ingest", anEvent("product.viewed", { user_id, timestamp }));
  await world.settle();
  const [stored] = (await world.all(archivedEvents)).filter(({ subject }) => subject === user_id);
  expect(JSON.parse(stored?.event ?? "").timestamp).toBe(timestamp);
  expect(stored?.is_time_implausible).toBe(flag);
});

test("writes no ledger entry when every event succeeds", async () => {
  expect(await world.ledgerOf("archive")).toEqual([]);
});

test("stores unknown payload fields, also names that Firestore refuses", async () => {
  const payload = { product_id: "p", "a.b": { __name__: [[["deep"]]], "": null } };
  const viewed = { ...anEvent("product.viewed", { user_id: "usr_odd" }), payload };
  await world.send("POST", "/events/ingest", viewed);
  await world.settle();
  const [stored] = (await world.all(archivedEvents)).filter(({ subject }) => subject === "usr_odd");
  expect(JSON.parse(stored?.event ?? "").payload).toEqual(payload);
});
