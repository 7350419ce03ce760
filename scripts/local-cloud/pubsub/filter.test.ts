import { expect, test } from "@jest/globals";
import { parseFilter } from "./filter.ts";

const order = { event_type: "order.placed", region: "eu-west" };
const adopted = { "iana.org/language_tag": "en" };

test.each([
  ['attributes.event_type = "order.placed"', true],
  ['attributes.event_type="order.paid"', false],
  ['attributes.event_type != "order.paid"', true],
  ['attributes.missing != "x"', true],
  ['attributes.missing = ""', false],
  ["attributes:event_type", true],
  ["NOT attributes:event_type", false],
  ["-attributes:missing", true],
  ["NOT NOT attributes:region", true],
  ['hasPrefix(attributes.region, "eu-")', true],
  ['hasPrefix(attributes.region, "us-")', false],
  ['hasPrefix(attributes.missing, "")', false],
  ['attributes.event_type = "order.placed" AND attributes.region = "us"', false],
  ['attributes.region = "us" OR attributes.region = "asia" OR attributes:event_type', true],
  ["attributes:missing AND (attributes:event_type OR attributes:region)", false],
  ["(attributes:missing AND attributes:event_type) OR attributes:region", true],
  ["NOT (attributes:missing OR attributes:region)", false],
  ["NOT attributes:missing AND attributes:region", true],
  ["attributes:constructor", false],
  ["attributes:__proto__", false],
])("evaluates %s as %s for an order", (filter, passes) => {
  expect(parseFilter(filter)(order)).toBe(passes);
});

test("parses quoted keys and values with escapes", () => {
  expect(parseFilter('attributes."iana.org/language_tag" = "en"')(adopted)).toBe(true);
  expect(parseFilter('attributes:"iana.org/language_tag"')(adopted)).toBe(true);
  expect(parseFilter('attributes.k = "a\\"b\\\\c\\n\\u00e9\\x41\\102"')({ k: 'a"b\\c\né' + "AB" })).toBe(
    true,
  );
  expect(parseFilter('attributes.my-key = "x"')({ "my-key": "x" })).toBe(true);
});

test("lets every message pass when empty", () => {
  expect(parseFilter("")({})).toBe(true);
});

test.each([
  ["attributes:a AND attributes:b OR attributes:c", "parentheses"],
  ["attributes:a OR attributes:b AND attributes:c", "parentheses"],
  ["attributes:a attributes:b", "AND, OR or the end"],
  ["attributes:a and attributes:b", "AND, OR or the end"],
  ["attributes.a = 'x'", "a string, a word or an operator at character 16"],
  ["attributes.a = x", "a string in double quotes"],
  ["attributes.a", "= or !="],
  ["attributes.a > 1", "a string, a word or an operator"],
  ['hasSuffix(attributes.a, "x")', "expected attributes at character 1"],
  ["(attributes:a", "expected )"],
  ["attributes.", "an attribute's key"],
  ['attributes.a = "unclosed', "a string"],
  ["NOT", "expected attributes"],
])("refuses %s with a reason", (filter, reason) => {
  expect(() => parseFilter(filter)).toThrow(reason);
});

test("refuses a filter of more than 256 bytes", () => {
  const filterOf = (bytes: number) => `attributes.a = "${"x".repeat(bytes - 17)}"`;
  expect(parseFilter(filterOf(256))({ a: "x".repeat(239) })).toBe(true);
  expect(() => parseFilter(filterOf(257))).toThrow("expected at most 256 bytes, got 257");
});
