import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ProbeWorld } from "../../scripts/test/worlds/probe.ts";
import { startProbe } from "../../scripts/test/worlds/probe.ts";
import { NotSent, PermanentError } from "../errors.ts";
import { documentRef } from "../google/firestore.ts";
import { cloudTasks } from "../google/tasks.ts";
import { MINUTE_MS } from "../values/durations.ts";
import { armEffect } from "./outbox/post-effect.ts";
import type { EffectRecord } from "./records/effect-record.ts";
import { effectId, effects } from "./records/effect-record.ts";
import { skip } from "./skip.ts";

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

const recordOf = (to: string) => world.read(effects, effectId("postcard", to));

/** Plans a postcard to a user with a sign-up. @returns the ids that external systems have seen */
async function send(to: string, rules: Parameters<ProbeWorld["postcards"]["set"]>[1] = {}, dueInMs = 0) {
  const seen: string[] = [];
  world.postcards.set(to, {
    send: async (_card, { id }) => void seen.push(id),
    ...rules,
  });
  world.behaviours.set(to, async (_event, work) =>
    work.effect("postcard", { key: to, data: { to }, dueMs: work.nowMs + dueInMs }),
  );
  await world.signUp(to, { event_id: `evt_${to}` });
  await world.settle();
  return seen;
}

/** Returns the log lines of a postcard's tries: message, outcome and reason. */
function linesOf(to: string) {
  return world.lines
    .filter(({ fields }) => fields["effect_id"] === effectId("postcard", to))
    .map(({ message, fields: { outcome, reason } }) => [message, outcome, reason]);
}

describe("planning", () => {
  test("sends once when the event and the task arrive twice", async () => {
    const seen = await send("usr_once");
    await world.signUp("usr_once", { event_id: "evt_usr_once" });
    await armEffect(effectId("postcard", "usr_once"), (await recordOf("usr_once")) as EffectRecord, "a test");
    await world.settle();
    expect(seen).toEqual([effectId("postcard", "usr_once")]);
    expect(await recordOf("usr_once")).toMatchObject({ state: "sent", lease: 1 });
  });

  test("plans once when two events have the same business key", async () => {
    const seen = await send("usr_same");
    await world.signUp("usr_same", { event_id: "evt_other" });
    await world.settle();
    expect(seen).toHaveLength(1);
    expect((await world.entriesOf("usr_same")).map(({ state }) => state).sort()).toEqual(["done", "skipped"]);
  });
});

describe("due time", () => {
  test("skips an effect that is unwanted at its due time", async () => {
    let wanted = true;
    const seen = await send(
      "usr_later",
      { decide: async () => (wanted ? undefined : skip("bought meanwhile")) },
      5 * MINUTE_MS,
    );
    await world.advance(4 * MINUTE_MS);
    wanted = false;
    await world.advance(2 * MINUTE_MS);
    expect(seen).toEqual([]);
    expect(await recordOf("usr_later")).toMatchObject({ state: "skipped", reason: "bought meanwhile" });
  });

  test("decides again at the time that the decision names", async () => {
    const morningMs = world.clock.now() + 30 * MINUTE_MS;
    const reason = "the shop is closed";
    const seen = await send("usr_evening", {
      decide: async (_card, { nowMs }) => (nowMs < morningMs ? { laterMs: morningMs, reason } : undefined),
    });
    expect(await recordOf("usr_evening")).toMatchObject({ state: "planned", reason });
    await world.advanceUnswept(29 * MINUTE_MS);
    expect(seen).toEqual([]);
    await world.advance(2 * MINUTE_MS);
    expect(seen).toHaveLength(1);
    expect(await recordOf("usr_evening")).not.toHaveProperty("reason");
    expect(linesOf("usr_evening")).toEqual([
      ["effect.waiting", "planned", reason],
      ["effect.finished", "sent", undefined],
    ]);
  });

  test("sends an effect whose task was lost", async () => {
    const seen = await send("usr_task", {}, 5 * MINUTE_MS);
    const tasks = await cloudTasks();
    await tasks.purgeQueue({ name: tasks.queuePath("demo-pulsecart", "us-central1", "postcard") });
    await world.advance(8 * MINUTE_MS);
    expect(seen).toHaveLength(1);
  });
});

describe("result of a try", () => {
  test("retries an effect that certainly was not sent", async () => {
    let fails = 2;
    const seen: string[] = [];
    await send("usr_busy", {
      send: async (_card, { id }) => {
        if (fails-- > 0) throw new NotSent("the line is busy");
        seen.push(id);
      },
    });
    expect(await recordOf("usr_busy")).toMatchObject({
      state: "planned",
      reason: "NotSent: the line is busy",
    });
    await world.advance(2 * MINUTE_MS);
    expect(seen).toHaveLength(1);
    expect(await recordOf("usr_busy")).toMatchObject({ state: "sent", lease: 3, lost: 0 });
    expect(await recordOf("usr_busy")).not.toHaveProperty("reason");
    const sent = { ...((await recordOf("usr_busy")) as EffectRecord), due_at_ms: 0 };
    await armEffect(effectId("postcard", "usr_busy"), sent, "again");
    await world.settle();
    expect(linesOf("usr_busy")).toEqual([
      ["effect.waiting", "planned", "NotSent: the line is busy"],
      ["effect.waiting", "planned", "NotSent: the line is busy"],
      ["effect.finished", "sent", undefined],
      ["effect.finished", "duplicate", "the effect is already sent"],
    ]);
  });

  test("parks after a permanent error and after the last retry", async () => {
    await send("usr_never", {
      send: async () => {
        throw new PermanentError("no such address");
      },
    });
    expect(await recordOf("usr_never")).toMatchObject({
      state: "parked",
      reason: "PermanentError: no such address",
    });
    let tries = 0;
    await send("usr_tired", {
      send: async () => {
        tries += 1;
        throw new NotSent("closed");
      },
    });
    await world.advanceUnswept(10 * 60 * MINUTE_MS);
    await world.advance(5 * MINUTE_MS);
    expect(await recordOf("usr_tired")).toMatchObject({ state: "parked", reason: "NotSent: closed" });
    expect(tries).toBe(6);
  });

  test("becomes unknown without a retry when the result is unclear", async () => {
    let tries = 0;
    await send("usr_lost", {
      send: async () => {
        tries += 1;
        throw new Error("the connection broke");
      },
    });
    await world.advanceUnswept(60 * MINUTE_MS);
    await world.advance(5 * MINUTE_MS);
    expect(tries).toBe(1);
    expect(await recordOf("usr_lost")).toMatchObject({ state: "unknown", lost: 1 });
  });

  test("retries a repeatable effect once under the same id", async () => {
    const ids: string[] = [];
    await send("usr_twice", {
      repeatable: () => true,
      send: async (_card, { id }) => {
        ids.push(id);
        throw new Error("the connection broke");
      },
    });
    await world.advanceUnswept(60 * MINUTE_MS);
    await world.advance(5 * MINUTE_MS);
    expect(ids).toEqual([effectId("postcard", "usr_twice"), effectId("postcard", "usr_twice")]);
    expect(await recordOf("usr_twice")).toMatchObject({ state: "unknown", lost: 2 });
  });

  test.each([
    [false, 0, "unknown"],
    [true, 1, "sent"],
  ])("handles a lost lease (repeatable: %s): sends %i times more", async (repeatable, times, state) => {
    const to = `usr_died_${repeatable}`;
    const seen = await send(to, { repeatable: () => repeatable }, 60 * MINUTE_MS);
    const nowMs = world.clock.now();
    const held = { state: "sending", lease: 1, lease_until_ms: nowMs + 2 * MINUTE_MS };
    await documentRef(effects, effectId("postcard", to)).update({
      ...held,
      due_at_ms: nowMs + 2 * MINUTE_MS,
    });
    await armEffect(effectId("postcard", to), (await recordOf(to)) as EffectRecord, "too early");
    await world.advance(MINUTE_MS);
    expect(seen).toEqual([]);
    await world.advance(4 * MINUTE_MS);
    expect(seen).toHaveLength(times);
    expect(await recordOf(to)).toMatchObject({ state, lost: 1 });
  });
});
