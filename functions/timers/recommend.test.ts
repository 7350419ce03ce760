import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { recommendations, userSignals, userViews } from "../../shared/collections.ts";
import { dayReports } from "../../shared/day-close/closing/day-closing.ts";
import { nextLikers } from "../../shared/day-close/recommend/likers.ts";
import { userShare } from "../../shared/day-close/recommend/user-shares.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import { liveCollection } from "../../shared/pipeline/records/generation.ts";
import { RECOMMENDATIONS } from "../../shared/recommendations/read-signals.ts";
import { DAY_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  const reactions = ["reactions/archive", "reactions/recommendations"];
  const dayClose = ["schedules/close-day", "timers/close-shard", "timers/recommend"];
  world = await startWorld(["http/ingest", "http/reports", ...reactions, ...dayClose]);
  await world.advanceUnswept(DAY_MS - (world.clock.now() % DAY_MS));
});
afterAll(() => world.close());

async function order(user_id: string, ...items: string[]): Promise<void> {
  const lines = items.map(product_id => ({ product_id, quantity: 1 }));
  const about = { user_id, order_id: `ord_${user_id}_${items.join("_")}` };
  const sent = { event_type: "order.placed", ...about, payload: { items: lines } };
  expect((await world.send("POST", "/events/ingest", sent)).status).toBe(202);
}

/** Moves the clock past the next day close, and returns the users with an announcement since. */
async function closeNextDay(): Promise<string[]> {
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

test("recommends and announces products that go together with an ordered one", async () => {
  for (let index = 0; index < 12; index += 1) {
    await order(`usr_lamp${index}`, "lamp", "bulb");
    await order(`usr_desk${index}`, "desk", "chair");
  }
  await order("usr_one", "lamp");
  await order("usr_other", "desk");
  expect(await closeNextDay()).toEqual(["usr_one", "usr_other"]);
  expect([await itemsOf("usr_one"), await itemsOf("usr_other")]).toEqual([["bulb"], ["chair"]]);
  expect(await itemsOf("usr_lamp1")).toBeUndefined();
});

test("announces changed recommendations only", async () => {
  expect(await closeNextDay()).toEqual([]);
  await order("usr_one", "desk");
  expect(await closeNextDay()).toEqual(["usr_one"]);
  expect((await itemsOf("usr_one"))?.toSorted()).toEqual(["bulb", "chair"]);
  await order("usr_other", "chair");
  // The user has seen every product that goes together with a chair.
  expect(await closeNextDay()).toEqual([]);
  expect(await itemsOf("usr_other")).toBeUndefined();
});

test("reports how many orders contain a recommended or a popular product", async () => {
  await order("usr_again", "lamp");
  await closeNextDay();
  expect(await itemsOf("usr_again")).toEqual(["bulb"]);
  await order("usr_again", "bulb");
  await order("usr_unknown", "bulb");
  await closeNextDay();
  const reports = (await world.all(dayReports)).sort((a, b) => (a.day < b.day ? -1 : 1));
  // The shop has four products, so each is among the ten most popular.
  expect(reports.at(-1)?.hits).toEqual({ orders: 1, hits: 1, popular_hits: 1, shown: 1, products: 4 });
  expect(reports.at(0)?.hits).toBeNull();
  const { recommended } = (await world.send("GET", `/reports/${reports.at(-1)?.day}`)).body;
  expect(recommended).toMatchObject({ orders: 1, hit_at_10: 1, coverage: 0.25 });
});

test("reads each user once with all signals, in any shares and pages", async () => {
  const signals = await liveCollection(RECOMMENDATIONS, userSignals);
  const signal = { item_id: "sofa", of: "product", interest: "carted", at_ms: 1 };
  for (const n of ["a", "b", "c", "d", "e", "f", "g"]) {
    const user_id = `who_${n}`;
    if (n !== "c") await documentRef(signals, user_id).set({ user_id, signals: [signal] });
    if ("aceg".includes(n)) await documentRef(userViews, user_id).set({ user_id, viewed: { desk: 1 } });
  }
  const borders = ["who_a", "who_c", "who_f", "wi"];
  const found: string[] = [];
  for (const shard of [1, 2, 3]) {
    for (let after: string | undefined = ""; after !== undefined; ) {
      const page = await nextLikers(userShare(borders, shard), { after, size: 2 });
      found.push(...page.likers.map(liker => `${liker.user_id.slice(4)}${liker.signals.length}`));
      after = page.next;
    }
  }
  expect(found).toEqual(["a2", "b1", "c1", "d1", "e2", "f1", "g2"]);
});
