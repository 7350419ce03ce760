import { expect, test } from "@jest/globals";
import { isVisible, withoutHidden } from "./visible-text.ts";

test.each([
  ["a Sinhala conjunct", "ක්\u200Dර"],
  ["a Persian half-space", "می\u200Cخواهم"],
  ["a woman cook", "👩\u200D🍳"],
  ["a heart with its variation selector", "❤\uFE0F"],
  ["the flag of Scotland", "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}"],
])("keeps the spelling of %s", (_name, text) => {
  expect(withoutHidden(`x ${text} y`)).toBe(`x ${text} y`);
});

test.each([
  ["directional controls", "a\u202Eb\u2066c\u2069\u200E\u200F\u061C", "abc"],
  ["byte order mark and zero width space", "\uFEFFa\u200Bb\u2060", "ab"],
  ["a soft hyphen", "wire\u00ADless", "wireless"],
  ["tags outside of a flag", "a\u{E0068}\u{E0069}\u{E007F}", "a"],
  ["tags of a flag that is too long", `🏴${"\u{E0061}".repeat(7)}\u{E007F}`, "🏴"],
])("removes %s", (_name, text, left) => {
  expect(withoutHidden(text)).toBe(left);
});

test("sees nothing in joiners and blanks alone", () => {
  for (const text of ["", " ", "\u200D\u200C", "\uFE0F \n"]) expect(isVisible(text)).toBe(false);
  for (const text of ["a", "❤\uFE0F", " . "]) expect(isVisible(text)).toBe(true);
});
