import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { DAY_MS } from "../../shared/values/durations.ts";
import type { World } from "../test/worlds/world.ts";
import { startWorld } from "../test/worlds/world.ts";
import { closeDayFlags } from "./close-day-flags.ts";
import { runCloseDay } from "./close-day-run.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld(["timers/close-shard", "timers/recommend"]);
});
afterAll(() => world.close());

const dayAt = (days: number) => new Date(world.clock.now() + days * DAY_MS).toISOString().slice(0, 10);

async function close(...args: string[]) {
  const said: string[] = [];
  const noted: string[] = [];
  const io = {
    out: (text: string) => said.push(text),
    note: (text: string) => noted.push(text),
    signal: new AbortController().signal,
  };
  const code = await runCloseDay(closeDayFlags(args), { io, pause: () => world.settle() });
  return { code, said: said.join("\n"), noted: noted.join("\n") };
}

test("closes a past day, shows its report, and comes to the same numbers when it is asked again", async () => {
  const first = await close("--day", dayAt(-1));
  expect(first).toMatchObject({ code: 0, noted: `Closing 1 of ${dayAt(-1)} has begun.` });
  expect(first.said).toContain(`The day ${dayAt(-1)}`);
  const { said } = await close("--day", dayAt(-1), "--json");
  const [one, other] = JSON.parse(said).closings;
  expect([one.run, other.run, other.numbers_hash]).toEqual([1, 2, one.numbers_hash]);
});

test.each(["", "2026-02-30", "yesterday"])("says what a day is when it gets %j", day => {
  expect(() => closeDayFlags(["--day", day])).toThrow(/^--day (says which|takes a) day/);
});

test("does not close a day that is not over", async () => {
  await expect(close("--day", dayAt(0))).rejects.toThrow("is not over");
});
