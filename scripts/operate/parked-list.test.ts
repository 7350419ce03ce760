import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ledgerRef } from "../../shared/pipeline/records/ledger.ts";
import type { ProbeWorld } from "../test/worlds/probe.ts";
import { startProbe } from "../test/worlds/probe.ts";
import { operatorIn } from "./parked-test-steps.ts";

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

const { tool, json, idOf, parkFirst } = operatorIn(() => world);

const summary = (retried: string, next: string, waiting: string) =>
  `${retried} being retried${next}, ${waiting} behind another: --state deferred|queued`;

test("counts the entries that are retried or queued below the list", async () => {
  await parkFirst("usr_p", "evt_p1", "evt_p2", "evt_p3");
  world.behaviours.set("usr_p", async () => {
    throw new Error("not yet");
  });
  await world.signUp("usr_p", { event_id: "evt_p4" });
  await world.settle();
  await world.advanceUnswept(75_000);
  const listed = await tool("--subject", "usr_p");
  expect(listed.text).toMatch(/evt_p1|usr_p must be looked at/);
  expect(listed.text.split("\n").at(-1)).toBe(summary("1 is", " (next in 9 min)", "3 wait"));
  expect((await tool("--subject", "usr_p", "--reaction", "probe")).text).toBe(
    `Nothing that matches is parked.\n${summary("1 is", " (next in 9 min)", "0 wait")}`,
  );
  expect(await json("--subject", "usr_p", "--reaction", "probe")).toMatchObject({
    found: 0,
    retried: 1,
    next_retry: expect.stringMatching(/^\d{4}-.+Z$/),
    waiting: 0,
  });
  expect((await tool("--subject", "usr_p", "--state", "queued")).text).not.toContain("being retried");
  await world.advanceUnswept(10 * 60_000);
  world.behaviours.delete("usr_p");
});

test("counts a retry as due now when its time has passed", async () => {
  world.behaviours.set("usr_due", async () => {
    throw new Error("not yet");
  });
  await world.signUp("usr_due", { event_id: "evt_due" });
  await world.settle();
  await ledgerRef(await idOf("probe", "evt_due")).update({ due_at_ms: world.clock.now() });
  expect((await tool("--subject", "usr_due", "--reaction", "probe")).text).toContain(
    "1 is being retried (next now)",
  );
});
