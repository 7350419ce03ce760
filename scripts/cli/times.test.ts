import { expect, test } from "@jest/globals";
import { ageText, parseDuration, parseMoment } from "./times.ts";

test.each([
  [0, "0s"],
  [59_999, "59s"],
  [60_000, "1m"],
  [7_200_000, "2h"],
  [26 * 3_600_000, "1d"],
])("shows %d ms as %s", (ms, text) => {
  expect(ageText(ms)).toBe(text);
});

test.each([
  ["30s", 30_000],
  ["3d", 3 * 86_400_000],
  ["3w", undefined],
  ["-1s", undefined],
])("reads the length %s as %p", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test("reads a day as its first instant in UTC", () => {
  expect(parseMoment("2026-11-20")).toBe(Date.parse("2026-11-20T00:00:00Z"));
  expect(parseMoment("2026-11-20T08:30:00+01:00")).toBe(Date.parse("2026-11-20T07:30:00Z"));
  expect(parseMoment("2026-11-31")).toBeUndefined();
});
