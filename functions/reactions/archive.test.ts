import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { catalogue } from "../../shared/events/catalogue.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld("all");
});
afterAll(() => world.close());

test("keeps every event of every type once, as it was accepted", async () => {
  const examples = [...catalogue.values()].map(({ example }, index) => ({
    ...example,
    event_id: `evt_${index}`,
  }));
  for (const example of [...examples, ...examples]) {
    expect((await world.send("POST", "/events/ingest", example)).status).toBe(202);
  }
  await world.settle();
  const kept = (await world.all(archivedEvents)).filter(({ producer }) => producer === "ingest");
  expect(kept.map(({ event_id }) => event_id).sort()).toEqual(
    examples.map(({ event_id }) => event_id).sort(),
  );
  for (const { event_type, event_id, event, day } of kept) {
    const accepted = examples.find(example => example.event_id === event_id);
    expect(JSON.parse(event)).toMatchObject({ event_type, payload: accepted?.payload });
    expect(day).toBe(JSON.parse(event).received_at.slice(0, 10));
  }
});

test("needs no ledger entry of its own while all goes well", async () => {
  expect(await world.ledgerOf("archive")).toEqual([]);
});

test("keeps what other systems add to a payload, also where Firestore could not", async () => {
  const payload = { product_id: "p", "a.b": { __name__: [[["deep"]]], "": null } };
  await world.send("POST", "/events/ingest", { event_type: "product.viewed", user_id: "usr_odd", payload });
  await world.settle();
  const [kept] = (await world.all(archivedEvents)).filter(({ subject }) => subject === "usr_odd");
  expect(JSON.parse(kept?.event ?? "").payload).toEqual(payload);
});
