import { describe, expect, test } from "@jest/globals";
import type { FollowUp } from "../records/ledger-entry.ts";
import { inOrder, MAX_TOGETHER } from "./follow-up-order.ts";

/** Creates an event about a user: its id names the user and its number. */
function event(user: string, n = 1): FollowUp {
  const body = { event_type: "user.signed_up", user_id: user, payload: {} };
  return { kind: "event", event_id: `${user}.${n}`, event: JSON.stringify(body), fingerprint: "" };
}

function timer(key: string): FollowUp {
  return { kind: "timer", timer: "abandon-cart", key, due_at_ms: 0, call: "{}" };
}

const groupsOf = (followUps: readonly FollowUp[]) =>
  [...inOrder(followUps)].map(group =>
    group.map(followUp => (followUp.kind === "event" ? followUp.event_id : followUp.kind)),
  );

describe("inOrder", () => {
  test.each([
    ["returns no group without follow-ups", [], []],
    ["groups events about different subjects", [event("a"), event("b")], [["a.1", "b.1"]]],
    ["separates events about one subject", [event("a"), event("a", 2)], [["a.1"], ["a.2"]]],
    [
      "begins a new group when a subject returns",
      [event("a"), event("b"), event("a", 2), event("c")],
      [
        ["a.1", "b.1"],
        ["a.2", "c.1"],
      ],
    ],
    [
      "sends a timer alone between events",
      [event("a"), timer("t"), event("b")],
      [["a.1"], ["timer"], ["b.1"]],
    ],
    ["separates timers", [timer("t"), timer("u")], [["timer"], ["timer"]]],
  ])("%s", (_name, followUps, groups) => {
    expect(groupsOf(followUps)).toEqual(groups);
  });

  test("limits the size of a group", () => {
    const followUps = Array.from({ length: MAX_TOGETHER + 1 }, (_, index) => event(`usr_${index}`));
    expect(groupsOf(followUps).map(group => group.length)).toEqual([MAX_TOGETHER, 1]);
  });
});
