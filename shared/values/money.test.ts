import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { fromMinor, MAX_MINOR, sumMinor, timesMinor, toMinor } from "./money.ts";

test.each([
  [89.99, "USD", 8999],
  [1.005, "KWD", 1005],
  [100, "JPY", 100],
  [0.0001, "CLF", 1],
  [-0.5, "EUR", -50],
  [0, "USD", 0],
  [1e-2, "USD", 1],
  [4.35, "USD", 435],
  [9999999999999.99, "USD", MAX_MINOR],
])("converts %d %s to %d minor units and back", (amount, currency, minor) => {
  expect(toMinor(amount, currency)).toBe(minor);
  expect(fromMinor(minor, currency)).toBe(amount);
});

test.each([
  [9.999, "USD"],
  [0.5, "JPY"],
  [1e-7, "USD"],
  [89.9901, "USD"],
  [10000000000000, "USD"],
  [1e21, "USD"],
  [1e300, "JPY"],
  [Number.NaN, "USD"],
  [Number.POSITIVE_INFINITY, "USD"],
])("refuses %d %s instead of rounding", (amount, currency) => {
  expect(toMinor(amount, currency)).toBeUndefined();
});

test("removes rounding errors of doubles", () => {
  const tenths = Array.from({ length: 1000 }, () => 0.1).reduce((sum, tenth) => sum + tenth, 0);
  const amounts = [89.99 * 3, 0.1 + 0.2, tenths, 0.3 - 0.2 - 0.1];
  expect(amounts.map(amount => toMinor(amount, "USD"))).toEqual([26997, 30, 10000, 0]);
});

test("keeps each amount when it is converted to decimals and back", () => {
  const arbCurrency = fc.constantFrom("USD", "JPY", "KWD", "CLF");
  fc.assert(
    fc.property(fc.integer({ min: -MAX_MINOR, max: MAX_MINOR }), arbCurrency, (minor, currency) => {
      expect(toMinor(fromMinor(minor, currency), currency)).toBe(minor);
    }),
  );
});

test("throws when a value is not in minor units", () => {
  expect(() => fromMinor(89.99, "USD")).toThrow(
    "amount is not in minor units: expected an integer up to 999999999999999, got 89.99",
  );
});

test("returns no sum or product beyond the largest amount", () => {
  expect(timesMinor(8999, 3)).toBe(26997);
  expect(timesMinor(MAX_MINOR, 2)).toBeUndefined();
  expect(sumMinor([1, 2, 3])).toBe(6);
  expect(sumMinor([1, undefined])).toBeUndefined();
  expect(sumMinor([MAX_MINOR, 1])).toBeUndefined();
});
