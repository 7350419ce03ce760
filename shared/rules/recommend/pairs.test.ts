import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Pairs } from "./pairs.ts";
import { addPairs, addPairText, pairText } from "./pairs.ts";
import { isKnown } from "./recommend.ts";

const item = fc.integer({ min: 0, max: 12 }).map(n => `p${n}`);
const likes = fc
  .array(fc.tuple(item, fc.integer({ min: 1, max: 1_000 })), { maxLength: 8 })
  .map(all => new Map(all));

test("gives the same sums when parts are written and merged", () => {
  fc.assert(
    fc.property(fc.array(likes, { maxLength: 8 }), fc.nat({ max: 8 }), (all, at) => {
      const whole: Pairs = new Map();
      for (const one of all) addPairs(whole, one);
      const [first, second]: [Pairs, Pairs] = [new Map(), new Map()];
      for (const one of all.slice(0, at)) addPairs(first, one);
      for (const one of all.slice(at)) addPairs(second, one);
      const merged: Pairs = new Map();
      for (const part of [second, first]) addPairText(merged, pairText(part));
      expect(pairText(merged)).toBe(pairText(whole));
      for (const [one, others] of whole)
        for (const [other, n] of others) expect(whole.get(other)?.get(one)).toBe(n);
    }),
  );
});

test("knows the likes of a user by a cart or three views", () => {
  const viewed = (item_id: string) => ({ item_id, of: "product", interest: "viewed", at_ms: 1 }) as const;
  expect(isKnown([viewed("a"), viewed("b"), viewed("b")])).toBe(false);
  expect(isKnown([viewed("a"), viewed("b"), viewed("c")])).toBe(true);
  expect(isKnown([{ ...viewed("a"), interest: "carted" }])).toBe(true);
  expect(isKnown([{ ...viewed("a"), of: "course", interest: "ordered" }])).toBe(false);
});
