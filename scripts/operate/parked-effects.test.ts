import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { PermanentError } from "../../shared/errors.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import { effectId, effects } from "../../shared/pipeline/records/effect-record.ts";
import type { ProbeWorld } from "../test/worlds/probe.ts";
import { startProbe } from "../test/worlds/probe.ts";
import { operatorIn } from "./parked-test-steps.ts";

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

const { tool, json, entryOf, idOf, stateOf, recordsOf, withTasksHeld } = operatorIn(() => world);

test("parks an unreadable message again when it is released", async () => {
  const topic = (await pubsub()).topic("pulsecart.user-actions");
  await topic.publishMessage({
    data: Buffer.from("no JSON"),
    attributes: { event_type: "user.signed_up", subject: "usr_unread", fingerprint: "f" },
  });
  await world.settle();
  const before = (await world.ledgerOf("probe")).find(({ cause }) => cause.subject === "usr_unread");
  await tool("release", before?.id ?? "");
  await world.settle();
  const shown = await json("show", before?.id ?? "");
  expect(shown).toMatchObject({ state: "parked", n: 2, event: { unreadable: "7 bytes (not shown)" } });
});

test("runs a parked timer again when an operator releases it", async () => {
  const user = "usr_bell";
  let mood: Error | undefined = new PermanentError("broken");
  world.bells.set(user, async () => {
    if (mood) throw mood;
  });
  world.behaviours.set(user, async (_event, { timer, nowMs }) => {
    timer("bell", { key: user, dueMs: nowMs, data: { user } });
  });
  await world.signUp(user, { event_id: "evt_bell" });
  await world.settle();
  const id = await idOf("bell", user);
  expect(await stateOf("bell", user)).toBe("parked");
  mood = new Error("not yet");
  await tool("release", id);
  await world.settle();
  expect(await entryOf("bell", user)).toMatchObject({ state: "parked", n: 2, reason: "Error: not yet" });
  mood = undefined;
  await withTasksHeld(async () => {
    await Promise.all([tool("release", id), tool("release", id)]);
    await world.advance(11_000);
  });
  expect(await stateOf("bell", user)).toBe("done");
  // The reaction counted the sign-up, and the timer its own run.
  expect(await world.timesOf(user)).toBe(2);
  expect(await json("release", id)).toMatchObject({ done: 0, not_done: [{ id, why: "the entry is done" }] });
});

test("resends an unknown effect and drops another", async () => {
  const seen: string[] = [];
  for (const to of ["usr_u1", "usr_u2"]) {
    world.postcards.set(to, {
      send: async () => {
        seen.push(to);
        if (seen.filter(user => user === to).length === 1) throw new Error("the line broke");
      },
    });
    world.behaviours.set(to, async (_event, work) => work.effect("postcard", { key: to, data: { to } }));
    await world.signUp(to, { event_id: `evt_${to}` });
  }
  await world.settle();
  const [one = "", other = ""] = ["usr_u1", "usr_u2"].map(to => effectId("postcard", to));
  expect((await json("--effects")).effects).toHaveLength(2);
  expect((await json("resend", "--effects", "--all")).done).toBe(0);
  const { notes } = await tool("resend", "--effects", one);
  expect(notes).toContain("may see them twice");
  await tool("drop", "--effects", other, "--reason", "the customer has it");
  await world.settle();
  expect(await world.read(effects, one)).toMatchObject({ state: "sent" });
  expect(await world.read(effects, other)).toMatchObject({ state: "skipped" });
  expect(seen).toEqual(["usr_u1", "usr_u2", "usr_u1"]);
  expect(await recordsOf(one)).toMatchObject([{ did: "resend", who: "ann", from: { state: "unknown" } }]);
  expect((await tool("--effects")).text).toBe("No effect that matches waits for an operator.");
});
