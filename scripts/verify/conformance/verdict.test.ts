import { expect, test } from "@jest/globals";
import { outcomesOf } from "./jest-outcomes.ts";
import { tableOf } from "./table.ts";
import type { Outcome } from "./verdict.ts";
import { bestOf, failsUnexpectedly, judge } from "./verdict.ts";

const outcome = (
  behaviour: string,
  result: Outcome["result"],
  service: Outcome["service"] = "pubsub",
): Outcome => ({
  service,
  behaviour,
  result,
  ...(result === "fail" && { failure: "expected 1" }),
  ...(result === "not asked" && { reason: "needs hours" }),
});
const known = [{ service: "pubsub" as const, behaviour: "filters", reason: "it does not" }];

test("puts both side by side and finds no problem where every difference is known", () => {
  const embedded = ["orders", "filters", "waits"].map(name => outcome(name, "pass"));
  const google = [outcome("orders", "pass"), outcome("filters", "fail"), outcome("waits", "not asked")];
  const { rows, problems } = judge([...embedded, outcome("queues", "pass", "tasks")], google, known);
  expect(problems).toEqual([]);
  expect(rows.map(row => [row.behaviour, row.embedded, row.google, row.reason])).toEqual([
    ["orders", "pass", "pass", undefined],
    ["filters", "pass", "differs", "it does not"],
    ["waits", "pass", "–", "needs hours"],
    ["queues", "pass", "–", "Google has no emulator of Cloud Tasks"],
  ]);
});

test.each<[string, Outcome[], Outcome[] | undefined, string]>([
  [
    "the embedded one fails, even what Google's does too",
    [outcome("filters", "fail")],
    [outcome("filters", "fail")],
    "embedded fails: pubsub: filters",
  ],
  [
    "Google's fails what is not on the list",
    [outcome("filters", "pass"), outcome("orders", "pass")],
    [outcome("filters", "fail"), outcome("orders", "fail")],
    "Google's fails: pubsub: orders\nexpected 1",
  ],
  ["an entry is stale", [outcome("filters", "pass")], [outcome("filters", "pass")], "stale"],
  ["an entry names no behaviour", [outcome("orders", "pass")], undefined, "names no behaviour"],
  [
    "an entry is of another service",
    [outcome("filters", "pass", "firestore")],
    undefined,
    "names no behaviour",
  ],
  [
    "Google's was not asked at all",
    [outcome("filters", "pass"), outcome("orders", "pass")],
    [outcome("filters", "fail")],
    "Google's was not asked: pubsub: orders",
  ],
  [
    "two behaviours have one name",
    [outcome("filters", "pass"), outcome("filters", "pass")],
    undefined,
    "two tests",
  ],
])("is a problem when %s", (_, embedded, google, problem) => {
  expect(judge(embedded, google, known).problems).toEqual([expect.stringContaining(problem)]);
});

const assertion = (title: string, status = "passed", ancestorTitles: string[] = []) => ({
  title,
  status,
  ancestorTitles,
  failureMessages: status === "failed" ? ["expected 1"] : [],
});

test("reads jest's report: races first, a file that ended badly as a failure of its own", () => {
  const file = (name: string, assertionResults: ReturnType<typeof assertion>[], status = "passed") => ({
    name: `/x/scripts/conformance/${name}`,
    message: "cannot find module",
    status,
    assertionResults,
  });
  const outcomes = outcomesOf({
    testResults: [
      file("pubsub/a.test.ts", [], "failed"),
      file("firestore/values.test.ts", [assertion("b", "failed"), assertion("c", "todo", ["why"])], "failed"),
      file("firestore/races.test.ts", [assertion("a")]),
    ],
  });
  expect(outcomes).toEqual([
    { service: "firestore", behaviour: "a", result: "pass" },
    { service: "firestore", behaviour: "b", result: "fail", failure: "expected 1" },
    { service: "firestore", behaviour: "c", result: "not asked", reason: "why" },
    {
      service: "pubsub",
      behaviour: "a.test.ts runs to its end",
      result: "fail",
      failure: "cannot find module",
    },
  ]);
});

test("prints each reason once, with how many rows it is for", () => {
  const embedded = ["a", "b", "filters"].map(name => outcome(name, "pass"));
  const google = [outcome("a", "not asked"), outcome("b", "not asked"), outcome("filters", "fail")];
  const table = tableOf(judge(embedded, google, known).rows);
  expect(table).toContain("needs hours (2)");
  expect(table).toContain("differs  Pub/Sub: it does not (1)");
  expect(table).toContain("Google's: 0 pass, 1 differs, 0 FAIL, 2 –");
});

test("what held in one of two askings holds, and only what is not known is worth asking again", () => {
  const race = { service: "firestore", behaviour: "a race" } as const;
  const gap = { service: "pubsub", behaviour: "a gap" } as const;
  const first = [
    { ...race, result: "fail" },
    { ...gap, result: "fail" },
  ] as const;
  expect(failsUnexpectedly(first, [{ ...gap, reason: "it has none" }])).toBe(true);
  const second = [
    { ...race, result: "pass" },
    { ...gap, result: "fail" },
  ] as const;
  const best = bestOf(first, second);
  expect(best.map(({ result }) => result)).toEqual(["pass", "fail"]);
  expect(failsUnexpectedly(best, [{ ...gap, reason: "it has none" }])).toBe(false);
});
