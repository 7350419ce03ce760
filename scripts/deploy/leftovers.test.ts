import { expect, test } from "@jest/globals";
import { HOUR_MS } from "../../shared/values/durations.ts";
import { indexes } from "../plan/indexes.ts";
import { planOf } from "../plan/plan.ts";
import type { Deployment } from "./deployment.ts";
import { findLeftovers } from "./leftovers.ts";
import { REHEARSED } from "./rehearsal.ts";

const NOW_MS = Date.UTC(2026, 10, 20);

const declarations: Deployment["declarations"] = [
  { kind: "reaction", name: "probe", types: ["order.placed"] },
];
const deployment: Deployment = {
  target: REHEARSED,
  declarations,
  plan: planOf(declarations),
  needs: new Map(),
  indexes,
  sourceOf: () => "",
  sourceHash: () => "",
  nowMs: NOW_MS,
  value: () => "",
};

const wanted = `dev-${deployment.plan.subscriptions[0]?.name}`;
const old = "dev-pulsecart.probe.commerce-events.00000000";

/** Finds the leftovers among these subscriptions. The successor has the given age. */
function found({ names, ageMs, count }: { names: readonly string[]; ageMs: number; count?: number }) {
  const since = String(Math.floor((NOW_MS - ageMs) / 1000));
  const existing = names.map(name => ({ name: `projects/p/subscriptions/${name}`, labels: { since } }));
  return findLeftovers(deployment, {
    gcloud: async ({ args }) => (args[0] === "pubsub" ? JSON.stringify(existing) : "[]"),
    undelivered: async () => new Map(count === undefined ? [] : [[old, count]]),
  });
}

test.each([
  ["its successor is too young", { ageMs: HOUR_MS / 6, count: 0 }, "younger than 20"],
  ["messages are undelivered", { ageMs: HOUR_MS, count: 3 }, "3 messages"],
  ["its undelivered messages are unknown", { ageMs: HOUR_MS }, "does not know"],
])("keeps an old subscription while %s", async (_what, state, reason) => {
  const [leftover] = await found({ names: [old, wanted], ...state });
  expect(leftover).toMatchObject({ name: old, stays: expect.stringContaining(reason) });
});

test("removes an old subscription without undelivered messages", async () => {
  const [leftover] = await found({ names: [old, wanted], ageMs: HOUR_MS, count: 0 });
  expect(leftover?.stays).toBeUndefined();
  expect(leftover?.remove.args).toEqual(expect.arrayContaining(["delete", old]));
});

test("keeps a subscription without successor; ignores another PulseCart's", async () => {
  const [leftover, ...more] = await found({
    names: [old, "pulsecart.probe.commerce-events.00000000"],
    ageMs: HOUR_MS,
  });
  expect(leftover?.stays).toContain("no subscription replaces it");
  expect(more).toEqual([]);
});
