import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { addEntries } from "./day-sums.ts";
import type { TermCount, TermSearch } from "./term-people.ts";
import { addTermCounts, hasEnoughPeople, isTermShown, termSearch, termTally } from "./term-people.ts";

const search = (user: number, query = "Lamp"): TermSearch => {
  const found = termSearch({
    received_at: "2026-11-20T09:00:00.000Z",
    user_id: `usr_${user}`,
    payload: { query },
  });
  if (!found) throw new Error("term missing: expected a search with a term");
  return found;
};

const sumOf = (users: readonly number[]) => {
  const sums = new Map<string, Record<string, number>>();
  addEntries(
    sums,
    users.map(user => ["term lamp", termTally(search(user))] as const),
  );
  return sums;
};

describe("people of a term", () => {
  test("shows a term from the fifth person on", () => {
    const shown = (users: readonly number[]) => isTermShown(sumOf(users).get("term lamp") ?? {});
    expect([shown([1, 2, 3, 4]), shown([1, 1, 2, 3, 4, 4]), shown([1, 2, 3, 4, 5])]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("adds up to the same sums for every division into parts", () => {
    const users = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(users, { maxLength: 6 }), parts => {
        const sums = new Map<string, Record<string, number>>();
        for (const part of parts) addEntries(sums, sumOf(part));
        expect(sums).toEqual(sumOf(parts.flat()));
      }),
    );
  });

  test("keeps at most five people of a count", () => {
    const of = (user: number): TermCount => ({ searches: 1, people: [search(user).person] });
    const all = [1, 1, 2, 3, 4, 5, 6, 7].map(of).reduce(addTermCounts);
    expect([all.searches, all.people.length, hasEnoughPeople(all)]).toEqual([8, 5, true]);
  });

  test("hashes a person differently for each term", () => {
    expect(search(1).person).not.toBe(search(1, "chair").person);
    expect(search(1).person).not.toContain("usr_1");
  });
});
