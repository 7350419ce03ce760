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
  const printed: string[] = [];
  const notes: string[] = [];
  const io = {
    out: (line: string) => printed.push(line),
    note: (line: string) => notes.push(line),
    signal: new AbortController().signal,
  };
  const code = await runCloseDay(closeDayFlags(args), { io, pause: () => world.settle() });
  return { code, text: printed.join("\n"), notes: notes.join("\n") };
}

test("closes a past day twice with the same numbers", async () => {
  const first = await close("--day", dayAt(-1));
  expect(first).toMatchObject({ code: 0, notes: `Closing 1 of ${dayAt(-1)} is started.` });
  expect(first.text).toContain(`The day ${dayAt(-1)}`);
  const { text } = await close("--day", dayAt(-1), "--json");
  const [one, other] = JSON.parse(text).closings;
  expect([one.run, other.run, other.numbers_hash]).toEqual([1, 2, one.numbers_hash]);
});

test.each(["", "2026-02-30", "yesterday"])("refuses %j, which is no day", day => {
  expect(() => closeDayFlags(["--day", day])).toThrow("--day invalid: expected a day such as 2026-11-20");
});

test("refuses a day that is not over", async () => {
  await expect(close("--day", dayAt(0))).rejects.toThrow("close it later");
});
