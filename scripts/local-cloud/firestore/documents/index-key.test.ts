import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { anyValue } from "../../test/firestore-values.ts";
import { indexKey } from "./index-key.ts";
import { compareValues } from "./value.ts";

test("orders keys as their values, with equal keys for equal values", () => {
  fc.assert(
    fc.property(anyValue, anyValue, (left, right) => {
      const keys = Buffer.compare(indexKey(left), indexKey(right));
      const values = compareValues(left, right);
      expect(values === 0 ? keys === 0 : keys * values >= 0).toBe(true);
    }),
    { numRuns: 10_000 },
  );
});
