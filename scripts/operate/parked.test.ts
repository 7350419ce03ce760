import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { cloudTasks } from "../../shared/google/tasks.ts";
import { drop } from "../../shared/pipeline/operate/drop.ts";
import { releaseByPerson } from "../../shared/pipeline/operate/release.ts";
import { RELEASES } from "../../shared/pipeline/outbox/post-release.ts";
import { lanes } from "../../shared/pipeline/records/lane-store.ts";
import type { ProbeWorld } from "../test/worlds/probe.ts";
import { startProbe } from "../test/worlds/probe.ts";
import { actOn } from "./parked-act.ts";
import { parkedFlags } from "./parked-flags.ts";
import { operatorIn } from "./parked-test-steps.ts";

const RELEASE_QUEUE = `projects/demo-pulsecart/locations/us-central1/queues/${RELEASES}`;

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

const { tool, json, entryOf, idOf, stateOf, recordsOf, parkFirst, parkAll, withTasksHeld, actOf } =
  operatorIn(() => world);

describe("list and show", () => {
  test("lists the newest parked entries that match, with a count of others", async () => {
    await parkAll("usr_l1", "evt_l1");
    await world.advance(5 * 60_000);
    await parkAll("usr_l2", "evt_l2", "evt_l3");
    const { text } = await tool("--reaction", "probe", "--limit", "2");
    expect(text).toMatch(/^id +reaction +type +subject +age +tries +reason/);
    expect(text).toContain("usr_l2 must be looked at");
    expect(text).not.toContain("usr_l1");
    expect(text).toContain("... and 1 more");
    const found = async (...args: string[]) =>
      (await json("list", ...args)).entries.map(({ event_id }: { event_id: string }) => event_id).sort();
    expect(await found("--subject", "usr_l2")).toEqual(["evt_l2", "evt_l3"]);
    expect(await found("--error", "L1 MUST")).toEqual(["evt_l1"]);
    expect(await found("--older-than", "4m")).toEqual(["evt_l1"]);
    expect(await found("--type", "order.placed")).toEqual([]);
    expect(await tool("--subject", "usr_unknown")).toMatchObject({
      code: 0,
      text: "Nothing that matches is parked.\n0 are being retried, 0 wait behind another: --state deferred|queued",
    });
  });

  test("shows an entry with lane and audit; personal fields with --personal only", async () => {
    const { first } = await parkFirst("usr_s", "evt_s1", "evt_s2", "evt_s3");
    await tool("release", first);
    await world.settle();
    const shown = await json("show", first);
    expect(shown).toMatchObject({
      state: "parked",
      n: 2,
      reason: "PermanentError: usr_s must be looked at",
      lane: {
        key: "usr_s",
        place: 1,
        behind_count: 2,
        behind: [await idOf("line", "evt_s2"), await idOf("line", "evt_s3")],
      },
      audit: [{ did: "release", who: "ann", from: { state: "parked", n: 1 } }],
      event: { event_id: "evt_s1", user_id: "usr_s", payload: { email: "string (not shown)" } },
    });
    expect(JSON.stringify(shown)).not.toContain("usr_s@example.com");
    expect((await json("show", first, "--personal")).event.payload.email).toBe("usr_s@example.com");
  });
});

describe("release", () => {
  test("releases an entry and the queued entries behind it", async () => {
    const { first, failing, handled } = await parkFirst("usr_r", "evt_r1", "evt_r2");
    failing.clear();
    await withTasksHeld(async () => {
      expect((await json("release", first)).done).toBe(1);
      expect(await stateOf("line", "evt_r1")).toBe("parked");
    });
    expect(handled).toEqual(["evt_r1", "evt_r2"]);
    expect(await json("release", first)).toMatchObject({
      done: 0,
      not_done: [{ id: first, why: "the entry is done" }],
    });
  });

  test("handles an entry once when two operators release it", async () => {
    const repair = await parkAll("usr_two", "evt_two");
    repair();
    const id = await idOf("probe", "evt_two");
    await withTasksHeld(async () => {
      const [one, other] = await Promise.all([json("release", id), json("release", id)]);
      expect([one.done, other.done]).toEqual([1, 1]);
      expect((await json("release", id)).done).toBe(1);
    });
    expect(await world.timesOf("usr_two")).toBe(1);
    expect(await recordsOf(id)).toHaveLength(3);
  });

  test("releases again when the task of a release was lost", async () => {
    (await parkAll("usr_gone", "evt_gone"))();
    const id = await idOf("probe", "evt_gone");
    await withTasksHeld(async () => {
      await tool("release", id);
      await (await cloudTasks()).purgeQueue({ name: RELEASE_QUEUE });
    });
    expect(await stateOf("probe", "evt_gone")).toBe("parked");
    await tool("release", id);
    await world.settle();
    expect(await world.timesOf("usr_gone")).toBe(1);
  });

  test("handles an entry once when an operator releases before its retry", async () => {
    let isRepaired = false;
    world.behaviours.set("usr_race", async () => {
      if (!isRepaired) throw new Error("not yet");
    });
    await world.signUp("usr_race", { event_id: "evt_race" });
    await world.settle();
    isRepaired = true;
    await withTasksHeld(async () => {
      await tool("release", await idOf("probe", "evt_race"));
      await world.advance(11_000);
    });
    expect(await world.timesOf("usr_race")).toBe(1);
  });

  test("releases a lane by its id", async () => {
    const { first, failing, handled } = await parkFirst("usr_lane", "evt_n1", "evt_n2");
    failing.clear();
    const { lane } = await json("show", first);
    expect((await json("release", "--lane", lane.id)).done).toBe(1);
    await world.settle();
    expect(handled).toEqual(["evt_n1", "evt_n2"]);
    expect((await json("release", "--lane", lane.id)).not_done).toHaveLength(1);
  });

  test("either drops or handles an entry when operators compete", async () => {
    const users = Array.from({ length: 8 }, (_, index) => `usr_either${index}`);
    for (const user of users) (await parkAll(user, `evt_${user}`))();
    await Promise.all(
      users.map(async user => {
        const target = { ledgerId: await idOf("probe", `evt_${user}`), n: 1 };
        await Promise.all([releaseByPerson(target, actOf(`r ${user}`)), drop(target, actOf(`d ${user}`))]);
      }),
    );
    await world.settle();
    for (const user of users) {
      const state = await stateOf("probe", `evt_${user}`);
      expect([state, await world.timesOf(user)]).toEqual(
        state === "dropped" ? ["dropped", undefined] : ["done", 1],
      );
    }
  });
});

describe("drop", () => {
  test("removes a dropped event and records the operator and the reason", async () => {
    const repair = await parkAll("usr_drop", "evt_drop");
    repair();
    const id = await idOf("probe", "evt_drop");
    await withTasksHeld(async () => {
      await tool("release", id);
      await tool("drop", id, "--reason", "sent twice by a partner");
    });
    expect(await world.timesOf("usr_drop")).toBeUndefined();
    const entry = await entryOf("probe", "evt_drop");
    expect(entry).toMatchObject({ state: "dropped", reason: "dropped by ann: sent twice by a partner" });
    expect(entry?.event).toBeUndefined();
    expect(entry?.expires_at).toBeDefined();
    expect((await recordsOf(id)).map(({ did, reason }) => [did, reason])).toContainEqual([
      "drop",
      "sent twice by a partner",
    ]);
    expect(await drop({ ledgerId: id, n: 1 }, actOf("late"))).toMatchObject({ done: false });
  });

  test("does not drop an entry that was retried meanwhile", async () => {
    await parkAll("usr_moved", "evt_moved");
    const target = { ledgerId: await idOf("probe", "evt_moved"), n: 1 };
    await tool("release", target.ledgerId);
    await world.settle();
    expect(await drop(target, actOf("moved"))).toEqual({
      done: false,
      why: "the entry was tried again meanwhile: look again",
    });
    expect(await recordsOf(target.ledgerId)).toHaveLength(1);
  });

  test("continues a lane when its head or a queued entry is dropped", async () => {
    const { first, handled } = await parkFirst("usr_h", "evt_h1", "evt_h2", "evt_h3", "evt_h4");
    await tool("drop", await idOf("line", "evt_h3"), "--reason", "not wanted");
    await world.settle();
    expect(handled).toEqual([]);
    await tool("drop", first, "--reason", "not wanted");
    await world.settle();
    expect(handled).toEqual(["evt_h2", "evt_h4"]);
    expect((await world.all(lanes)).some(({ key }) => key === "usr_h")).toBe(false);
  });
});

test.each([
  [["release", "a/b"], "there is no such entry"],
  [["release", "nope"], "there is no such entry"],
  [["release", "--lane", "a/b"], "there is no such lane"],
  [["release", "--lane", "nope"], "there is no such lane"],
  [["drop", "a/b", "--reason", "x"], "there is no such entry"],
  [["--effects", "resend", "nope"], "there is no such effect"],
  [["--effects", "drop", "__x__", "--reason", "x"], "there is no such effect"],
  [["--effects", "show", "a/b"], "There is no a/b."],
  [["show", "__x__"], "There is no __x__."],
])("ends with 1 when %j does not exist", async (args, said) => {
  expect(await tool(...args)).toMatchObject({ code: 1, text: expect.stringContaining(said) });
});

test("continues after a stop without loss or repetition", async () => {
  const events = Array.from({ length: 9 }, (_, index) => `evt_many${index}`);
  const repair = await parkAll("usr_many", ...events);
  repair();
  const selection = ["--all", "--subject", "usr_many"];
  expect(await json("release", ...selection, "--dry-run")).toMatchObject({ would: "release", found: 9 });
  expect(await world.timesOf("usr_many")).toBeUndefined();
  const stop = new AbortController();
  const acted = await actOn(parkedFlags(["release", ...selection]), {
    signal: stop.signal,
    onStep: ({ done }) => done === 3 && stop.abort(),
  });
  expect(acted).toMatchObject({ done: 3, notDoneCount: 0, stopped: true });
  await world.settle();
  expect(await world.timesOf("usr_many")).toBe(3);
  await tool("release", ...selection);
  await world.settle();
  expect(await world.timesOf("usr_many")).toBe(9);
  expect((await tool("release", ...selection)).text).toBe("Nothing matches.");
});
