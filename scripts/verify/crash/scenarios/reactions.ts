import { RELEASES } from "../../../../shared/pipeline/outbox/post-release.ts";
import type { Scenario } from "../stage/scenario.ts";
import { addedItem, pushTo, releaseOf } from "./calls.ts";
import { segmentChange, unlessLost } from "./expected.ts";
import { failOnce, handle } from "./preparations.ts";

const successes: readonly Scenario[] = [
  {
    name: "a reaction that only writes",
    ...pushTo("blind-counter"),
    expected: unlessLost({ times: 1, ledger: ["blind-counter done"] }),
  },
  {
    name: "a reaction that writes and emits",
    ...pushTo("announcer"),
    expected: unlessLost({ times: 1, published: segmentChange, ledger: ["announcer done"] }),
  },
  {
    name: "a reaction that reads, emits twice, arms a timer and plans an effect",
    ...pushTo("planner"),
    takesTime: true,
    expected: unlessLost({
      times: 1,
      published: { ...segmentChange, "recommendation.updated": 1, "user.banned": 1 },
      rings: 1,
      effect: { state: "sent", sendings: 1, ids: 1 },
      ledger: ["alarm done", "planner done"],
    }),
  },
  {
    name: "a reaction with a dedupe document",
    ...pushTo("keeper"),
    expected: unlessLost({ times: 1 }),
  },
  {
    name: "a reaction whose business key exists",
    ...pushTo("claimer", "B"),
    prepare: (cell, stage) => handle(stage, cell, "claimer", ["A"]),
    expected: unlessLost(
      { times: 1, published: segmentChange, ledger: ["claimer done", "claimer skipped"] },
      { without: { times: 1, published: segmentChange, ledger: ["claimer done"] }, commit: "Commit 2" },
    ),
  },
];

const failures: readonly Scenario[] = [
  {
    name: "an event with the id of another event",
    functionName: "blind-counter",
    prepare: (cell, stage) => handle(stage, cell, "blind-counter", ["it"]),
    call: async cell => addedItem("blind-counter", cell, { product_id: "prod_b" }),
    expected: unlessLost(
      { times: 1, ledger: ["blind-counter done", "blind-counter parked"] },
      { without: { times: 1, ledger: ["blind-counter done"] }, commit: "Commit 2" },
    ),
  },
  {
    name: "a reaction that throws: deferred, later released",
    ...pushTo("flaky"),
    behaviour: "throws",
    takesTime: true,
    expected: unlessLost({ times: 1, published: segmentChange, ledger: ["flaky done"] }),
  },
  {
    name: "a reaction that throws a permanent error: parked",
    ...pushTo("flaky"),
    behaviour: "throws a permanent error",
    expected: unlessLost({ ledger: ["flaky parked"] }),
  },
  {
    name: "an automatic release that succeeds",
    ...releaseOf("flaky"),
    prepare: failOnce,
    holds: RELEASES,
    expected: () => ({ times: 1, published: segmentChange, ledger: ["flaky done"] }),
  },
  {
    name: "an automatic release that fails again",
    ...releaseOf("flaky"),
    prepare: failOnce,
    holds: RELEASES,
    behaviour: "throws",
    takesTime: true,
    expected: () => ({ times: 1, published: segmentChange, ledger: ["flaky done"] }),
  },
];

/** Unordered reactions: successes, failures and releases. */
export const reactionScenarios: readonly Scenario[] = [...successes, ...failures];
