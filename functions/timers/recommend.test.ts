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
  const files = ["archive", "recommendations"].map(name => `reactions/${name}`);
  const night = ["schedules/close-day", "timers/close-shard", "timers/recommend"];
  world = await startWorld(["http/ingest", "http/reports", ...files, ...night]);
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

test("tells how what was recommended the night before met the orders of the day, beside what is popular", async () => {
  await order("usr_again", "lamp");
  await night();
  expect(await itemsOf("usr_again")).toEqual(["bulb"]);
  await order("usr_again", "bulb");
  await order("usr_nobody", "bulb");
  await night();
  const reports = (await world.all(dayReports)).sort((a, b) => (a.day < b.day ? -1 : 1));
  // Of the four products each is among the ten most popular.
  expect(reports.at(-1)?.met).toEqual({ orders: 1, hits: 1, popular_hits: 1, shown: 1, products: 4 });
  expect(reports.at(0)?.met).toBeNull();
  const { recommended } = (await world.send("GET", `/reports/${reports.at(-1)?.day}`)).body;
  expect(recommended).toMatchObject({ orders: 1, hit_at_10: 1, coverage: 0.25 });
});

test("looks at every user once, with all they showed, whatever the shares and pages", async () => {
  const did = await liveCollection(RECOMMENDATIONS, userSignals);
  const signal = { item_id: "sofa", of: "product", interest: "carted", at_ms: 1 };
  for (const n of ["a", "b", "c", "d", "e", "f", "g"]) {
    const user_id = `who_${n}`;
    if (n !== "c") await documentRef(did, user_id).set({ user_id, signals: [signal] });
    if ("aceg".includes(n)) await documentRef(userViews, user_id).set({ user_id, viewed: { desk: 1 } });
  }
  const borders = ["who_a", "who_c", "who_f", "wi"];
  const found: string[] = [];
  for (const shard of [1, 2, 3]) {
    for (let after: string | undefined = ""; after !== undefined; ) {
      const page = await nextLikers(userShare(borders, shard), { after, size: 2 });
      found.push(...page.likers.map(({ user_id, signals }) => `${user_id.slice(4)}${signals.length}`));
      after = page.next;
    }
  }
  expect(found).toEqual(["a2", "b1", "c1", "d1", "e2", "f1", "g2"]);
});
