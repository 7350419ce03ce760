import { describe, expect, test } from "@jest/globals";
import { readJestReport } from "./jest-report.ts";
import { tableOf } from "./table.ts";
import type { BehaviourResult } from "./verdict.ts";
import { bestOf, failsUnexpectedly, judge } from "./verdict.ts";

const resultOf = (
  behaviour: string,
  result: BehaviourResult["result"],
  service: BehaviourResult["service"] = "pubsub",
): BehaviourResult => ({
  service,
  behaviour,
  result,
  ...(result === "fail" && { failure: "expected 1" }),
  ...(result === "not tested" && { reason: "needs hours" }),
});
const known = [{ service: "pubsub" as const, behaviour: "filters", reason: "ignores filters" }];

describe("judge", () => {
  test("finds no problem when every difference is known", () => {
    const embedded = ["orders", "filters", "waits"].map(name => resultOf(name, "pass"));
    const google = [resultOf("orders", "pass"), resultOf("filters", "fail"), resultOf("waits", "not tested")];
    const { rows, problems } = judge([...embedded, resultOf("queues", "pass", "tasks")], google, known);
    expect(problems).toEqual([]);
    expect(rows.map(row => [row.behaviour, row.embedded, row.google, row.reason])).toEqual([
      ["orders", "pass", "pass", undefined],
      ["filters", "pass", "differs", "ignores filters"],
      ["waits", "pass", "–", "needs hours"],
      ["queues", "pass", "–", "Google has no emulator of Cloud Tasks"],
    ]);
  });

  test.each<[string, BehaviourResult[], BehaviourResult[] | undefined, string]>([
    [
      "the embedded emulator fails a known difference",
      [resultOf("filters", "fail")],
      [resultOf("filters", "fail")],
      "embedded fails: pubsub: filters",
    ],
    [
      "Google's emulator fails another behaviour",
      [resultOf("filters", "pass"), resultOf("orders", "pass")],
      [resultOf("filters", "fail"), resultOf("orders", "fail")],
      "Google's fails: pubsub: orders\nexpected 1",
    ],
    ["a difference is stale", [resultOf("filters", "pass")], [resultOf("filters", "pass")], "stale"],
    ["a difference names no behaviour", [resultOf("orders", "pass")], undefined, "names no behaviour"],
    [
      "a difference is of another service",
      [resultOf("filters", "pass", "firestore")],
      undefined,
      "names no behaviour",
    ],
    [
      "Google's emulator was not tested",
      [resultOf("filters", "pass"), resultOf("orders", "pass")],
      [resultOf("filters", "fail")],
      "Google's was not tested: pubsub: orders",
    ],
    [
      "two behaviours have one name",
      [resultOf("filters", "pass"), resultOf("filters", "pass")],
      undefined,
      "two tests",
    ],
  ])("reports a problem when %s", (_, embedded, google, problem) => {
    expect(judge(embedded, google, known).problems).toEqual([expect.stringContaining(problem)]);
  });
});

const assertion = (title: string, status = "passed", ancestorTitles: string[] = []) => ({
  title,
  status,
  ancestorTitles,
  failureMessages: status === "failed" ? ["expected 1"] : [],
});

test("reads races first and a broken file as a failure", () => {
  const file = (name: string, assertionResults: ReturnType<typeof assertion>[], status = "passed") => ({
    name: `/x/scripts/verify/conformance/${name}`,
    message: "cannot find module",
    status,
    assertionResults,
  });
  const results = readJestReport({
    testResults: [
      file("pubsub/a.test.ts", [], "failed"),
      file("firestore/values.test.ts", [assertion("b", "failed"), assertion("c", "todo", ["why"])], "failed"),
      file("firestore/races.test.ts", [assertion("a")]),
    ],
  });
  expect(results).toEqual([
    { service: "firestore", behaviour: "a", result: "pass" },
    { service: "firestore", behaviour: "b", result: "fail", failure: "expected 1" },
    { service: "firestore", behaviour: "c", result: "not tested", reason: "why" },
    {
      service: "pubsub",
      behaviour: "a.test.ts runs to its end",
      result: "fail",
      failure: "cannot find module",
    },
  ]);
});

test("prints each reason once with the number of its rows", () => {
  const embedded = ["a", "b", "filters"].map(name => resultOf(name, "pass"));
  const google = [resultOf("a", "not tested"), resultOf("b", "not tested"), resultOf("filters", "fail")];
  const table = tableOf(judge(embedded, google, known).rows);
  expect(table).toContain("needs hours (2)");
  expect(table).toContain("differs  Pub/Sub: ignores filters (1)");
  expect(table).toContain("Google's: 0 pass, 1 differs, 0 FAIL, 2 –");
});

describe("second run", () => {
  const race = { service: "firestore", behaviour: "a race" } as const;
  const gap = { service: "pubsub", behaviour: "a gap" } as const;
  const knownGap = [{ ...gap, reason: "has none" }];
  const first = [
    { ...race, result: "fail" },
    { ...gap, result: "fail" },
  ] as const;
  const best = bestOf(first, [
    { ...race, result: "pass" },
    { ...gap, result: "fail" },
  ]);

  test("is needed only when an unknown behaviour fails", () => {
    expect(failsUnexpectedly(first, knownGap)).toBe(true);
    expect(failsUnexpectedly(best, knownGap)).toBe(false);
  });

  test("passes a behaviour when one of both runs passes", () => {
    expect(best.map(({ result }) => result)).toEqual(["pass", "fail"]);
  });
});
