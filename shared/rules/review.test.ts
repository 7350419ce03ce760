import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Review } from "./review.ts";
import { moderate, replaceEarlier, reviewsToKeep } from "./review.ts";

const review = (review_id: string, state: Review["state"], submitted_at_ms = Number(review_id)): Review => ({
  review_id,
  product_id: "lamp",
  user_id: "usr_1",
  rating: 4,
  state,
  reasons: [],
  submitted_at_ms,
});

const statesOf = (reviews: readonly Review[]) => reviews.map(({ state }) => state);

/** Records reviews one after the other, as they arrive. */
function record(arriving: readonly Review[]): Map<string, Review> {
  const stored = new Map<string, Review>();
  let kept: string[] = [];
  for (const one of arriving) {
    const others = kept.flatMap(id => (id === one.review_id ? [] : (stored.get(id) ?? [])));
    const all = replaceEarlier([...others, one]);
    for (const changed of all) stored.set(changed.review_id, changed);
    kept = reviewsToKeep(all);
  }
  return stored;
}

describe("one review per user and product", () => {
  test("replaces every earlier review when a later one is published", () => {
    const all = replaceEarlier([review("1", "published"), review("2", "held"), review("3", "published")]);
    expect(statesOf(all)).toEqual(["replaced", "replaced", "published"]);
  });

  test("keeps the published review when a later one is spam", () => {
    const all = replaceEarlier([review("1", "published"), review("2", "held"), review("3", "held")]);
    expect(statesOf(all)).toEqual(["published", "replaced", "held"]);
  });

  test("brings the earlier review back when the later one is rejected", () => {
    const [first, second] = replaceEarlier([review("1", "published"), review("2", "published")]);
    if (!first || !second) throw new Error("reviews missing: expected two");
    const rejected = moderate(second, "reject", "mod");
    if (!rejected) throw new Error("decision missing: expected a rejected review");
    const all = replaceEarlier([rejected, first]);
    expect(statesOf(all)).toEqual(["published", "rejected"]);
    expect(all[0]).toEqual(review("1", "published"));
  });

  test("keeps the review written here when another system reports a later one", () => {
    const ours = { ...review("1", "published"), owned_by: "products" };
    const theirs = { ...review("2", "published"), owned_by: "market" };
    for (const arriving of [
      [ours, theirs],
      [theirs, ours],
    ])
      expect([...record(arriving).values()].filter(({ state }) => state === "published")).toEqual([ours]);
    expect(record([ours, theirs]).get("2")).toMatchObject({ state: "replaced" });
    const rejected = { ...ours, state: "rejected" as const };
    expect(statesOf(replaceEarlier([rejected, theirs])).sort()).toEqual(["published", "rejected"]);
  });

  test("chooses by review id when two reviews have the same time", () => {
    const all = replaceEarlier([review("b", "published", 1), review("a", "published", 1)]);
    expect(all.map(({ review_id, state }) => [review_id, state])).toEqual([
      ["a", "replaced"],
      ["b", "published"],
    ]);
  });

  test("reaches the same states in every order of arrival", () => {
    const states = fc.array(fc.constantFrom("published", "held", "rejected"), { maxLength: 40 });
    const reviews = states.map(all => all.map((state, index) => review(String(index + 10), state)));
    const shuffled = reviews.chain(all =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([inOrder, arriving]) => {
        const byId = (all: Map<string, Review>) => [...all].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(byId(record(arriving))).toEqual(byId(record(inOrder)));
        const counting = [...record(arriving).values()].filter(({ state }) => state === "published");
        expect(counting.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("forgets only the oldest replaced reviews above the limit", () => {
    const first = [
      review("10", "published"),
      ...Array.from({ length: 30 }, (_, n) => review(`${n + 11}`, "held")),
    ];
    const kept = reviewsToKeep(replaceEarlier(first));
    expect(kept).toHaveLength(20);
    expect([kept.at(0), kept.at(1), kept.at(-1)]).toEqual(["10", "22", "40"]);
  });
});
