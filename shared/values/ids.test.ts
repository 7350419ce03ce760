import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { derivedId, hashOf, newId } from "./ids.ts";

const zeros = (bytes: number) => new Uint8Array(bytes);

test("generates ids that sort by time", () => {
  const instant = fc.integer({ min: 0, max: 2 ** 47 });
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      const [idA, idB] = [newId("evt", { nowMs: a }), newId("evt", { nowMs: b })];
      expect(idA < idB || a >= b).toBe(true);
      expect(idA).toMatch(/^evt_[0-9A-HJKMNP-TV-Z]{26}$/);
    }),
  );
});

test("generates unique ids, and fixed ones with an injected random source", () => {
  const made = new Set(Array.from({ length: 10_000 }, () => newId("evt", { nowMs: 1 })));
  expect(made.size).toBe(10_000);
  expect(newId("evt", { nowMs: 1, random: zeros })).toBe("evt_00000000010000000000000000");
});

test("derives the same id only from the same parts", () => {
  expect(derivedId("evt", "inventory", "evt_1", 0)).toBe(derivedId("evt", "inventory", "evt_1", 0));
  const others = [["a", "b"], ["ab"], ["a,b"], ["a", "b", ""], ["b", "a"], ["a", 0], ["a", "0"]];
  expect(new Set(others.map(parts => hashOf(...parts))).size).toBe(others.length);
  expect(hashOf("a")).toMatch(/^[0-9a-z]{32}$/);
});
