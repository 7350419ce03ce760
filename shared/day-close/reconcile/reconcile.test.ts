import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { DayCloseWorld } from "../../../scripts/test/worlds/day-close.ts";
import { dayCloseWorld, killNowAndThen, strayTasks } from "../../../scripts/test/worlds/day-close.ts";
import { faults, ids, live } from "../../../scripts/test/worlds/planted-faults.ts";
import { orders } from "../../collections.ts";
import { cloudTasks } from "../../google/tasks.ts";
import { MINUTE_MS } from "../../values/durations.ts";
import type { DayReport } from "../closing/day-report-types.ts";
import { reportPage } from "../report/report-page.ts";
import { reportView } from "../report/report-queries.ts";
import { reportText } from "../report/report-text.ts";

let world: DayCloseWorld;
let first: DayReport;
let goBack: () => Promise<void>;

beforeAll(async () => {
  world = await dayCloseWorld(live);
  for (const { plant } of Object.values(faults)) await plant();
  goBack = await world.remember();
  first = await world.closeDay();
}, 60_000);
afterAll(() => world.close());

test.each(Object.entries(faults))("finds %s, names it, and puts right what is safe", async (_, fault) => {
  for (const one of await fault.found()) expect(first.findings).toContainEqual(expect.objectContaining(one));
  const [text, page] = [reportText(reportView(first)), reportPage(reportView(first))];
  for (const [index, [target, state]] of Object.entries(fault.mended ?? {}).entries()) {
    expect(first.repairs).toContainEqual(
      expect.objectContaining({ target: expect.stringContaining(target) }),
    );
    for (const shown of [text, page]) expect(shown).toContain(target);
    expect(await state()).toEqual(fault.is?.[index]);
  }
});

test("finds and puts right nothing else", async () => {
  const found = await Promise.all(Object.values(faults).map(fault => fault.found()));
  expect(first.findings.map(({ kind, about }) => `${kind} ${about}`).sort()).toEqual(
    found
      .flat()
      .map(({ kind, about }) => `${kind} ${about}`)
      .sort(),
  );
  const targets = Object.values(faults).flatMap(({ mended = {} }) => Object.keys(mended));
  const known = (target: string) =>
    targets.some(one => target.includes(one)) || target.startsWith("the counter ");
  expect(first.repairs.filter(({ target }) => !known(target))).toEqual([]);
  expect(await world.read(orders, ids["paid"] ?? "")).toMatchObject({ paid: { amount_minor: 4100 } });
});

test("adds the day up by what its products were filed under then", async () => {
  const { categories } = JSON.parse(first.numbers);
  expect(categories).toEqual([
    { category: "light", views: 2, carted: 1, ordered: 3, sales: { USD: 60 } },
    { category: "uncategorised", views: 0, carted: 0, ordered: 6, sales: { USD: 300 } },
  ]);
  // The closings below come to the same all the same.
  const lamp = { name: "Lamp", price: 20, category: "decoration" };
  expect((await world.send("PUT", "/products/lamp", lamp)).body.category).toBe("decoration");
});

/** All of a report that does not say when it was made. */
const said = ({ numbers, findings, repairs }: DayReport) => ({
  numbers,
  findings,
  repairs: repairs.map(({ target, before, after }) => ({ target, before, after })),
});

test.each([1, 2, 3])("comes to the same report, byte for byte, killed at random (%i)", async seed => {
  // The names of its tasks may be used again.
  await world.advanceUnswept(90 * MINUTE_MS);
  await goBack();
  const tasks = await cloudTasks();
  const name = tasks.queuePath("demo-pulsecart", "us-central1", "close-shard");
  world.faults.set({ seed, lose_answer: 0.002, duplicate: 0.3 });
  const endKilling = killNowAndThen(seed);
  const again = await world.closeDay({
    size: { eventsOfAShard: 10, pageSize: 2 + seed },
    disturb: async minute => {
      // Our own calls are no safer than the others'.
      if (minute < seed) await tasks.purgeQueue({ name }).catch(() => undefined);
      await strayTasks(world.day, world.clock.now()).catch(() => undefined);
    },
  });
  expect(endKilling()).toBeGreaterThan(10);
  world.faults.set({});
  expect(JSON.stringify(said(again))).toBe(JSON.stringify(said(first)));
});
