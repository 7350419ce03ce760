import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { ERASED_TEXT } from "../../events/erase.ts";
import { searchTerm } from "./search-term.ts";

test("counts spellings of one search as one term", () => {
  expect(searchTerm("  Wireless\t HEADPHONES ")).toBe("wireless headphones");
  expect(searchTerm("ｗｉｒｅｌｅｓｓ headphones")).toBe("wireless headphones");
  expect(searchTerm("wire\u00adless\u200b headphones")).toBe("wireless headphones");
});

test("keeps joiners, emoji and flags as they are spelt", () => {
  const flag = "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}";
  for (const query of ["می\u200Cخواهم", "👩\u200D🍳", "ක්\u200Dර", `kilt ${flag}`])
    expect(searchTerm(query)).toBe(query);
  expect(searchTerm(`${"x".repeat(78)}${flag}`)).toBe(`${"x".repeat(78)}🏴`);
});

test("counts no term when the query is empty or erased", () => {
  for (const query of ["", "  ", "\u200b\n", "\u200d", ERASED_TEXT])
    expect(searchTerm(query)).toBeUndefined();
});

test("makes a short, trimmed, well-formed term of any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), query => {
      const term = searchTerm(query);
      if (term === undefined) return;
      expect(term.length).toBeGreaterThan(0);
      expect([...term].length).toBeLessThanOrEqual(80);
      expect(term.isWellFormed()).toBe(true);
      expect(term.trim()).toBe(term);
    }),
  );
});
