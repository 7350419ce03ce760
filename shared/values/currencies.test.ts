import { expect, test } from "@jest/globals";
import { isCurrency, minorDigits } from "./currencies.ts";

test.each(["USD", "EUR", "JPY", "KWD", "CLF", "XCG", "ZWG", "XAD"])("knows the currency %s", code => {
  expect(isCurrency(code)).toBe(true);
});

test.each([
  ["unassigned", "ZZZ"],
  ["withdrawn", "DEM"],
  ["withdrawn in 2026", "BGN"],
  ["withdrawn in 2025", "ANG"],
  ["no currency", "XXX"],
  ["for tests", "XTS"],
  ["a metal", "XAU"],
  ["a unit of account without decimals", "XDR"],
  ["in small letters", "usd"],
  ["empty", ""],
  ["two codes", "USD EUR"],
  ["a property of objects", "constructor"],
])("refuses a code that is %s", (_what, code) => {
  expect(isCurrency(code)).toBe(false);
});

test("gives each currency its own decimals", () => {
  expect(["USD", "JPY", "BHD", "UYW"].map(minorDigits)).toEqual([2, 0, 3, 4]);
});

test("gives a code that has left the list two decimals", () => {
  expect(minorDigits("BGN")).toBe(2);
});

test("lists the 165 codes that have a minor unit", () => {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const codes = letters.flatMap(a => letters.flatMap(b => letters.map(c => a + b + c)));
  expect(codes.filter(isCurrency)).toHaveLength(165);
});
