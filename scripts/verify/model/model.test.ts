import { describe, expect, test } from "@jest/globals";
import { faultOf } from "./check.ts";
import { allChecks } from "./models.ts";
import type { Model } from "./search.ts";
import { explore } from "./search.ts";

const quick = allChecks.filter(({ isQuick }) => isQuick);

describe("every order of steps within small bounds", () => {
  test.each(quick.filter(({ finds }) => finds === undefined).map(check => [check.name, check] as const))(
    "keeps every property: %s",
    (_, check) => {
      expect(faultOf(check, check.explore())).toBeUndefined();
    },
  );
});

describe("one guard is missing", () => {
  test.each(quick.flatMap(check => (check.finds ? [[check.name, check.finds, check] as const] : [])))(
    "breaks its property: %s: %s",
    (_, __, check) => {
      expect(faultOf(check, check.explore())).toBeUndefined();
    },
  );
});

describe("search", () => {
  /** A counter up to five; the step "falls" leads from three into a dead end. */
  const counter: Model<{ n: number }> = {
    name: "counter",
    initial: { n: 0 },
    steps: ({ n }) => [
      ...(n < 5 ? [{ name: "counts", kind: "progress" as const, to: { n: n + 1 } }] : []),
      ...(n === 3 ? [{ name: "falls", kind: "trouble" as const, to: { n: 9 } }] : []),
    ],
    always: [{ name: "below five", holds: ({ n }) => n !== 5 }],
    eachStep: [{ name: "no jumps", holds: (from, to) => to.n - from.n === 1 }],
    reaches: [{ name: "comes to four", by: ["progress"], goal: ({ n }) => n === 4 }],
  };

  function tracesByProperty(): Record<string, readonly string[]> {
    const { violations } = explore(counter, { maxStates: 100 });
    return Object.fromEntries(violations.map(({ property, trace }) => [property, trace]));
  }

  test("explores every state when the limit is high enough", () => {
    expect(explore(counter, { maxStates: 100 })).toMatchObject({ states: 7, complete: true });
  });

  test("finds a broken invariant, step and goal by shortest traces", () => {
    expect(tracesByProperty()).toEqual({
      "below five": ["counts", "counts", "counts", "counts", "counts"],
      "no jumps": ["counts", "counts", "counts", "falls"],
      "comes to four": ["counts", "counts", "counts", "falls"],
    });
  });

  test("reports an incomplete search when the limit is reached", () => {
    expect(explore(counter, { maxStates: 3 }).complete).toBe(false);
  });
});
