import { describe, expect, test } from "@jest/globals";
import { faultOf } from "./check.ts";
import { allChecks } from "./models.ts";
import type { Model } from "./search.ts";
import { explore } from "./search.ts";

describe("the ledger, lanes, commands and effects, explored in every order of events within small bounds", () => {
  const quick = allChecks.filter(({ isQuick }) => isQuick);
  test.each(quick.filter(({ finds }) => finds === undefined).map(check => [check.name, check] as const))(
    "keep every promise: %s",
    (_, check) => {
      expect(faultOf(check, check.explore())).toBeUndefined();
    },
  );

  test.each(quick.flatMap(check => (check.finds ? [[check.name, check.finds, check] as const] : [])))(
    "break one without its guard, which is found: %s: %s",
    (_, __, check) => {
      expect(faultOf(check, check.explore())).toBeUndefined();
    },
  );
});

describe("the search", () => {
  /** Counts to five; from three on there is a way into a trap. */
  const counting: Model<{ n: number }> = {
    name: "counting",
    initial: { n: 0 },
    steps: ({ n }) => [
      ...(n < 5 ? [{ name: "counts", kind: "progress" as const, to: { n: n + 1 } }] : []),
      ...(n === 3 ? [{ name: "falls", kind: "trouble" as const, to: { n: 9 } }] : []),
    ],
    always: [{ name: "below five", holds: ({ n }) => n !== 5 }],
    eachStep: [{ name: "no jumps", holds: (from, to) => to.n - from.n === 1 }],
    reaches: [{ name: "comes to four", by: ["progress"], goal: ({ n }) => n === 4 }],
  };

  test("finds a wrong state, a wrong step and a dead end, each by a shortest way", () => {
    const { states, violations, complete } = explore(counting, { maxStates: 100 });
    expect({ states, complete }).toEqual({ states: 7, complete: true });
    expect(Object.fromEntries(violations.map(({ property, trace }) => [property, trace]))).toEqual({
      "below five": ["counts", "counts", "counts", "counts", "counts"],
      "no jumps": ["counts", "counts", "counts", "falls"],
      "comes to four": ["counts", "counts", "counts", "falls"],
    });
  });

  test("does not call a search complete that was cut short", () => {
    expect(explore(counting, { maxStates: 3 }).complete).toBe(false);
  });
});
