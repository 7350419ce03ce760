import { describe, expect, test } from "@jest/globals";
import type { Measure } from "./measure.ts";
import { compare, median } from "./measure.ts";
import { renderTable, rowOf } from "./table.ts";

test("returns the middle number, or the mean of both, as the median", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 7])).toBe(6);
  expect(median([])).toBeNaN();
});

test("alternates rounds after both warm-ups, the local service first", async () => {
  const steps: string[] = [];
  const load = (host: string) => {
    const step = async (name: string): Promise<number> => steps.push(`${name} ${host}`);
    return {
      warmUp: async () => void (await step("warm-up")),
      round: () => step("round"),
      close: async () => undefined,
    };
  };
  const measure: Measure = { name: "m", service: "pubsub", least: 1, prepare: async host => load(host) };
  const compared = await compare(measure, { ours: "a", googles: "b" }, 2);
  expect(steps).toEqual(["warm-up a", "warm-up b", "round a", "round b", "round a", "round b"]);
  expect(compared).toMatchObject({ ours: [3, 5], googles: [4, 6] });
});

describe("table", () => {
  const row = (ours: number[], googles: number[]) => rowOf({ name: "pushes", least: 5, ours, googles });

  test("compares the medians with the bound", () => {
    expect(row([4000, 6000, 5000], [1000, 900, 1100])).toMatchObject({
      embedded: "5,000 (4,000-6,000)",
      google: "1,000 (900-1,100)",
      ratio: "5.00",
      ok: true,
    });
    expect(row([4999], [1000]).ok).toBe(false);
  });

  test("checks no bound when Google's emulator is missing", () => {
    expect(row([4999], []).ok).toBeUndefined();
  });

  test("prints one line per measurement", () => {
    expect(renderTable([row([4999], [1000]), row([4999], [])]).split("\n")).toEqual([
      "measure  embedded             Google's             ratio  bound   ok",
      "pushes   4,999 (4,999-4,999)  1,000 (1,000-1,000)  5.00   >= 5 x  NO",
      "pushes   4,999 (4,999-4,999)  not installed               >= 5 x  -",
    ]);
  });
});
