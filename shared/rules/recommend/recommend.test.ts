import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { DAY_MS } from "../../values/durations.ts";
import type { Likes, Neighbours } from "./recommend.ts";
import {
  affinity,
  likesOf,
  MAX_LIKES,
  MAX_RECOMMENDED,
  neighboursOf,
  pairsOf,
  recommended,
} from "./recommend.ts";
import type { Signal } from "./signals.ts";
import { HALF_LIFE_MS } from "./signals.ts";

const NOW_MS = Date.UTC(2026, 10, 20);

const signals = fc.array(
  fc.record({
    item_id: fc.integer({ min: 0, max: 40 }).map(n => `p${n}`),
    of: fc.constantFrom("product", "course"),
    interest: fc.constantFrom("viewed", "carted", "ordered"),
    at_ms: fc.integer({ min: NOW_MS - 5 * HALF_LIFE_MS, max: NOW_MS }),
  }) satisfies fc.Arbitrary<Signal>,
);

test("derives likes of products that fade, in every order of signals", () => {
  fc.assert(
    fc.property(signals, fc.integer({ min: 0, max: 1_000 }), (all, seed) => {
      const likes = likesOf(all, NOW_MS);
      const shuffled = all.toSorted((a, b) => ((a.at_ms * 31 + seed) % 97) - ((b.at_ms * 31 + seed) % 97));
      expect([...likesOf(shuffled, NOW_MS)]).toEqual([...likes]);
      expect(likes.size).toBeLessThanOrEqual(MAX_LIKES);
      const later = likesOf(all, NOW_MS + HALF_LIFE_MS);
      for (const [item, strength] of likes) {
        expect(later.get(item) ?? 0).toBeLessThan(strength);
        expect(all.some(({ item_id, of }) => item_id === item && of === "product")).toBe(true);
      }
    }),
  );
});

test("scores an affinity symmetrically, at least 0, and 0 by chance", () => {
  const amount = fc.integer({ min: 1_000, max: 1_000_000 });
  fc.assert(
    fc.property(amount, amount, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, part) => {
      const all = 4 * (a + b);
      const together = Math.floor(part * Math.min(a, b));
      const found = affinity(together, { a, b, all });
      expect(found).toBeGreaterThanOrEqual(0);
      expect(affinity(together, { a: b, b: a, all })).toBeCloseTo(found, 3);
      expect(affinity(Math.floor((a * b) / all), { a, b, all })).toBe(0);
      expect(affinity(Math.min(a, b), { a, b, all })).toBeGreaterThanOrEqual(found);
    }),
  );
});

/** Derives the neighbours of each item from the likes of many users, as the day close does. */
function learn(users: readonly Likes[]): Map<string, Neighbours> {
  const single = new Map<string, number>();
  const partners = new Map<string, Map<string, number>>();
  let all = 0;
  const add = (sums: Map<string, number>, key: string, n: number) => sums.set(key, (sums.get(key) ?? 0) + n);
  for (const likes of users) {
    all += Math.max(0, ...likes.values());
    for (const [item, strength] of likes) add(single, item, strength);
    for (const { a, b, together } of pairsOf(likes)) {
      for (const [one, other] of [
        [a, b],
        [b, a],
      ] as const) {
        const found = partners.get(one) ?? new Map<string, number>();
        partners.set(one, found);
        add(found, other, together);
      }
    }
  }
  const neighbours = [...partners].map(
    ([item, found]) => [item, neighboursOf(item, found, { all, single })] as const,
  );
  return new Map(neighbours);
}

/** Creates a generator of numbers from 0 to 1. A seed always gives the same numbers. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const GROUPS = 20;
const ITEMS_OF_A_GROUP = 15;
const POPULAR = 10;

/**
 * Creates shoppers. Each likes one or two groups of items and views popular items as well. On the last day each orders
 * one more item.
 */
function makeShoppers(count: number, seed: number) {
  const draw = dice(seed);
  const pick = (below: number) => Math.floor(draw() * below);
  return Array.from({ length: count }, () => {
    const groups = [pick(GROUPS), pick(GROUPS)];
    const likedItem = () =>
      `g${groups[pick(2)]}.${Math.floor(pick(ITEMS_OF_A_GROUP) ** 2 / ITEMS_OF_A_GROUP)}`;
    const before = Array.from({ length: 4 + pick(6) }, (): Signal => {
      const item_id = draw() < 0.35 ? `popular.${pick(POPULAR)}` : likedItem();
      const interest = draw() < 0.7 ? "viewed" : draw() < 0.5 ? "carted" : "ordered";
      return { item_id, of: "product", interest, at_ms: NOW_MS - pick(30) * DAY_MS };
    });
    const seen = new Set(before.map(({ item_id }) => item_id));
    let next = draw() < 0.25 ? `popular.${pick(POPULAR)}` : likedItem();
    for (let tries = 0; seen.has(next) && tries < 50; tries += 1) next = likedItem();
    return { before, seen, next };
  });
}

test("predicts the last order more often than the list of popular items", () => {
  const all = makeShoppers(3_000, 7);
  const likes = all.map(({ before }) => likesOf(before, NOW_MS));
  const neighbours = learn(likes);
  const counts = new Map<string, number>();
  for (const { seen } of all) for (const item of seen) counts.set(item, (counts.get(item) ?? 0) + 1);
  const popular = [...counts].sort(([, a], [, b]) => b - a).map(([item]) => item);
  const shown = new Set<string>();
  const popularShown = new Set<string>();
  let hits = 0;
  let popularHits = 0;
  for (const [index, { seen, next }] of all.entries()) {
    const items = recommended(likes[index] ?? new Map(), { seen, neighbours });
    expect(items.length).toBeLessThanOrEqual(MAX_RECOMMENDED);
    expect(items.filter(item => seen.has(item))).toEqual([]);
    for (const item of items) shown.add(item);
    const popularItems = popular.filter(item => !seen.has(item)).slice(0, MAX_RECOMMENDED);
    for (const item of popularItems) popularShown.add(item);
    if (items.includes(next)) hits += 1;
    if (popularItems.includes(next)) popularHits += 1;
  }
  expect(hits).toBeGreaterThan(1.5 * popularHits);
  expect(shown.size).toBeGreaterThan(5 * popularShown.size);
});
