import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { dayClosings, dayReports } from "../../shared/day-close/closing/day-closing.ts";
import { cloudTasks } from "../../shared/google/tasks.ts";
import { DAY_MS, MINUTE_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld(["schedules/close-day", "timers/close-shard", "timers/recommend"]);
});
afterAll(() => world.close());

/** Moves the clock to a number of minutes past the next midnight, and returns the day before. */
async function pastMidnight(minutes: number): Promise<string> {
  const leftMs = DAY_MS - (world.clock.now() % DAY_MS);
  await world.advanceUnswept(leftMs);
  await world.advance(minutes * MINUTE_MS);
  return new Date(world.clock.now() - DAY_MS).toISOString().slice(0, 10);
}

test("closes a day once, also a day without events", async () => {
  const day = await pastMidnight(3 * 60);
  const report = await world.read(dayReports, day);
  expect(report?.closings).toHaveLength(1);
  expect(JSON.parse(report?.numbers ?? "")).toMatchObject({ events: 0, orders: 0, abandonment_rate: null });
  expect(await world.all(dayClosings)).toMatchObject([
    { run: 1, open: [], closed_at_ms: expect.any(Number) },
  ]);
});

test("resumes a closing when its tasks were lost", async () => {
  const tasks = await cloudTasks();
  const name = tasks.queuePath("demo-pulsecart", "us-central1", "close-shard");
  await tasks.pauseQueue({ name });
  const day = await pastMidnight(21);
  await tasks.purgeQueue({ name });
  await tasks.resumeQueue({ name });
  await world.advance(5 * MINUTE_MS);
  expect(await world.read(dayReports, day)).toBeUndefined();
  await world.advance(30 * MINUTE_MS);
  expect((await world.read(dayReports, day))?.closings).toHaveLength(1);
});
