import { expect, test } from "@jest/globals";
import { median } from "./weekday.ts";

test.each([
  ["null for no values", [], null],
  ["the middle value", [3, 1, 2], 2],
  ["the mean of the two middle values", [4, 1, 3, 2], 2.5],
] as const)("returns %s", (_what, values, expected) => {
  expect(median(values)).toBe(expected);
});
