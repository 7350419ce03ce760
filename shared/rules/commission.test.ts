import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { MAX_MONEY } from "../values/limits.ts";
import { commissionOf } from "./commission.ts";

test("takes exactly a tenth, rounded down, up to the largest amount", () => {
  expect([0, 9, 10, 4900, 4999].map(commissionOf)).toEqual([0, 0, 1, 490, 499]);
  fc.assert(
    fc.property(fc.maxSafeInteger().map(Math.abs), amount => {
      const share = commissionOf(Math.min(amount, MAX_MONEY));
      const rest = Math.min(amount, MAX_MONEY) - share * 10;
      expect(rest >= 0 && rest < 10).toBe(true);
    }),
  );
});
