import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { loadFunctions } from "../../scripts/local/load-functions.ts";
import type { World } from "../../scripts/test/world.ts";
import { startWorld } from "../../scripts/test/world.ts";
import { recommendations } from "../../shared/collections.ts";
import { archivedEvents } from "../../shared/pipeline/archived-event.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let world: World;
beforeAll(async () => {
  const files = ["archive", "recommendations"].map(name => `reactions/${name}.ts`);
  const night = ["schedules/close-day.ts", "timers/close-shard.ts", "timers/recommend.ts"];
  world = await startWorld({ load: () => loadFunctions(["ingest/ingest.ts", ...files, ...night]) });
  await world.advanceUnswept(DAY_MS - (world.clock.now() % DAY_MS));
});
afterAll(() => world.close());

async function order(user_id: string, ...items: string[]): Promise<void> {
  const lines = items.map(product_id => ({ product_id, quantity: 1 }));
  const about = { user_id, order_id: `ord_${user_id}_${items.join("_")}` };
  const sent = { event_type: "order.placed", ...about, payload: { items: lines } };
  expect((await world.send("POST", "/events/ingest", sent)).status).toBe(202);
}

/** Past the next night; answers to whom something was announced since. */
async function night(): Promise<string[]> {
  await world.settle();
  const before = await announced();
  await world.advanceUnswept(DAY_MS - (world.clock.now() % DAY_MS));
  await world.advance(25 * MINUTE_MS);
  const after = await announced();
  return after
    .slice(before.length)
    .map(({ user_id }) => user_id)
    .sort();
}

async function announced() {
  const all = await world.all(archivedEvents);
  const updates = all.filter(({ event_type }) => event_type === "recommendation.updated");
  expect(updates.every(({ producer }) => producer === "recommend")).toBe(true);
  return updates.map(({ event }) => JSON.parse(event)).sort((a, b) => (a.event_id < b.event_id ? -1 : 1));
}

const itemsOf = async (userId: string) => (await world.read(recommendations, userId))?.items;

test("recommends what goes together with what somebody ordered, and announces it", async () => {
  for (let index = 0; index < 12; index += 1) {
    await order(`usr_lamp${index}`, "lamp", "bulb");
    await order(`usr_desk${index}`, "desk", "chair");
  }
  await order("usr_one", "lamp");
  await order("usr_other", "desk");
  expect(await night()).toEqual(["usr_one", "usr_other"]);
  expect([await itemsOf("usr_one"), await itemsOf("usr_other")]).toEqual([["bulb"], ["chair"]]);
  expect(await itemsOf("usr_lamp1")).toBeUndefined();
});

test("announces nothing where nothing has changed, and what has", async () => {
  expect(await night()).toEqual([]);
  await order("usr_one", "desk");
  expect(await night()).toEqual(["usr_one"]);
  expect((await itemsOf("usr_one"))?.toSorted()).toEqual(["bulb", "chair"]);
  await order("usr_other", "chair");
  // Of what goes together with it there is nothing left that they have not seen.
  expect(await night()).toEqual([]);
  expect(await itemsOf("usr_other")).toBeUndefined();
});
