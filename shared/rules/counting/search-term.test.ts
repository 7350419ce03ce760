import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { ERASED_TEXT } from "../../events/erase.ts";
import { searchTerm } from "./search-term.ts";

test("counts what people mean as one term, however they typed it", () => {
  expect(searchTerm("  Wireless\t HEADPHONES ")).toBe("wireless headphones");
  expect(searchTerm("ｗｉｒｅｌｅｓｓ headphones")).toBe("wireless headphones");
  expect(searchTerm("wire\u00adless\u200b headphones")).toBe("wireless headphones");
});

test("counts no term where there is nothing, or nothing any more", () => {
  for (const nothing of ["", "  ", "\u200b\n", ERASED_TEXT]) expect(searchTerm(nothing)).toBeUndefined();
});

test("makes a term that stays what it is, and is short and whole text", () => {
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
