import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { DayCloseWorld, LivedShop } from "../../../scripts/test/worlds/day-close.ts";
import {
  dayCloseWorld,
  killRandomCommits,
  liveDay,
  postStrayTasks,
} from "../../../scripts/test/worlds/day-close.ts";
import { PLANTED_FAULTS } from "../../../scripts/test/worlds/planted-faults.ts";
import { orders } from "../../collections.ts";
import { cloudTasks } from "../../google/tasks.ts";
import { MINUTE_MS } from "../../values/durations.ts";
import type { DayReport } from "../closing/day-report-types.ts";
import { reportPage } from "../report/report-page.ts";
import { reportView } from "../report/report-queries.ts";
import { reportText } from "../report/report-text.ts";

let world: DayCloseWorld;
let shop: LivedShop;
let first: DayReport;
let restoreDocuments: () => Promise<void>;

beforeAll(async () => {
  world = await dayCloseWorld(async opened => {
    shop = await liveDay(opened);
  });
  for (const { plant } of Object.values(PLANTED_FAULTS)) await plant(shop);
  restoreDocuments = await world.remember();
  first = await world.closeDay();
});
afterAll(() => world.close());

describe("first closing", () => {
  test.each(Object.entries(PLANTED_FAULTS))("reports %s", async (_name, fault) => {
    for (const finding of await fault.findings(shop))
      expect(first.findings).toContainEqual(expect.objectContaining(finding));
  });

  const repaired = Object.entries(PLANTED_FAULTS).filter(([, { repairs }]) => repairs);
  test.each(repaired)("repairs %s", async (_name, { repairs = [] }) => {
    const [text, page] = [reportText(reportView(first)), reportPage(reportView(first))];
    for (const { target, read, value } of repairs) {
      const repair = expect.objectContaining({ target: expect.stringContaining(target) });
      expect(first.repairs).toContainEqual(repair);
      for (const output of [text, page]) expect(output).toContain(target);
      expect(await read(shop)).toEqual(value);
    }
  });

  test("reports nothing else", async () => {
    const faults = Object.values(PLANTED_FAULTS);
    const expected = (await Promise.all(faults.map(fault => fault.findings(shop)))).flat();
    const name = ({ kind, about }: { kind?: unknown; about?: unknown }) => `${kind} ${about}`;
    expect(first.findings.map(name).sort()).toEqual(expected.map(name).sort());
  });

  test("repairs nothing else", async () => {
    const targets = Object.values(PLANTED_FAULTS).flatMap(({ repairs = [] }) =>
      repairs.map(({ target }) => target),
    );
    const isExpected = (target: string) =>
      targets.some(one => target.includes(one)) || target.startsWith("the counter ");
    expect(first.repairs.filter(({ target }) => !isExpected(target))).toEqual([]);
    expect(await world.read(orders, shop.orders.paid)).toMatchObject({ payments: [{ amount_minor: 4100 }] });
  });
});

test("adds the day up by the categories that its products had then", async () => {
  const { categories } = JSON.parse(first.numbers);
  expect(categories).toEqual([
    { category: "light", views: 2, carted: 1, ordered: 3, sales: { USD: 60 } },
    { category: "uncategorised", views: 0, carted: 0, ordered: 6, sales: { USD: 300 } },
  ]);
  // The closings below have the same numbers after this change of category.
  const lamp = { name: "Lamp", price: 20, category: "decoration" };
  expect((await world.send("PUT", "/products/lamp", lamp)).body.category).toBe("decoration");
});

/** Returns the parts of a report that do not depend on its time. */
const contentOf = ({ numbers, findings, repairs }: DayReport) => ({
  numbers,
  findings,
  repairs: repairs.map(({ target, before, after }) => ({ target, before, after })),
});

test.each([1, 2, 3])("writes the same report when commits are killed at random (seed %i)", async seed => {
  // Cloud Tasks accepts a used task name again after this time.
  await world.advanceUnswept(90 * MINUTE_MS);
  await restoreDocuments();
  const tasks = await cloudTasks();
  const name = tasks.queuePath("demo-pulsecart", "us-central1", "close-shard");
  world.faults.set({ seed, lose_answer: 0.002, duplicate: 0.3 });
  const stopKilling = killRandomCommits(seed);
  const again = await world.closeDay({
    size: { eventsOfAShard: 10, pageSize: 2 + seed },
    disturb: async minute => {
      // The faults above also hit the calls of this test.
      if (minute < seed) await tasks.purgeQueue({ name }).catch(() => undefined);
      await postStrayTasks(world.day, world.clock.now()).catch(() => undefined);
    },
  });
  expect(stopKilling()).toBeGreaterThan(10);
  world.faults.set({});
  expect(JSON.stringify(contentOf(again))).toBe(JSON.stringify(contentOf(first)));
});
