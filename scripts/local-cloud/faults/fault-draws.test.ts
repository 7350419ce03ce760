import { expect, test } from "@jest/globals";
import { createDraws } from "./fault-draws.ts";

function series(seed: number, name: string, count: number): number[] {
  const { draw } = createDraws(seed);
  return Array.from({ length: count }, () => draw(name));
}

test("draws the same numbers for the same seed and series only", () => {
  const first = series(1, "a", 20);
  expect(series(1, "a", 20)).toEqual(first);
  expect(series(2, "a", 20)).not.toEqual(first);
  expect(series(1, "b", 20)).not.toEqual(first);
});

test("does not advance a series by draws from another", () => {
  const first = series(1, "a", 20);
  const { draw } = createDraws(1);
  const among = first.map(() => {
    draw("b");
    return draw("a");
  });
  expect(among).toEqual(first);
});

test("draws each tenth equally often in and across series and seeds", () => {
  const { draw } = createDraws(1);
  const samples = [
    series(1, "a", 10_000),
    Array.from({ length: 10_000 }, (_, place) => draw(`series ${place}`)),
    Array.from({ length: 10_000 }, (_, seed) => createDraws(seed).draw("a")),
  ];
  for (const sample of samples) {
    const tenths = Array<number>(10).fill(0);
    for (const value of sample) tenths[Math.floor(value * 10)] = (tenths[Math.floor(value * 10)] ?? 0) + 1;
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
  }
});
