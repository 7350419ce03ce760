import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { PermanentError } from "../../shared/errors.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import { cloudTasks } from "../../shared/google/tasks.ts";
import { drop } from "../../shared/pipeline/operate/drop.ts";
import { releaseByPerson } from "../../shared/pipeline/operate/release.ts";
import { RELEASES } from "../../shared/pipeline/outbox/post-release.ts";
import type { Act } from "../../shared/pipeline/records/audit.ts";
import { audit } from "../../shared/pipeline/records/audit.ts";
import { effectId, effects } from "../../shared/pipeline/records/effect-record.ts";
import { lanes } from "../../shared/pipeline/records/lane-store.ts";
import type { ProbeWorld } from "../test/worlds/probe.ts";
import { startProbe } from "../test/worlds/probe.ts";
import { actOn } from "./parked-act.ts";
import { parkedFlags } from "./parked-flags.ts";
import { runParked } from "./parked-run.ts";

const RELEASE_QUEUE = `projects/demo-pulsecart/locations/us-central1/queues/${RELEASES}`;

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

/** The tool as a person calls it; what it prints, and how it ended. */
async function tool(...args: string[]) {
  const { signal } = new AbortController();
  const printed: string[] = [];
  const notes: string[] = [];
  const io = { out: (text: string) => printed.push(text), note: (text: string) => notes.push(text), signal };
  const code = await runParked(parkedFlags([...args, "--who", "ann"]), io);
  return { code, text: printed.join("\n"), notes: notes.join("\n") };
}

async function json(...args: string[]) {
  return JSON.parse((await tool(...args, "--json")).text);
}

const entryOf = async (by: string, event: string) =>
  (await world.ledgerOf(by)).find(({ cause }) => cause.id === event);
const idOf = async (by: string, event: string) => (await entryOf(by, event))?.id ?? "";
const stateOf = async (by: string, event: string) => (await entryOf(by, event))?.state;
const recordsOf = async (target: string) =>
  (await world.all(audit)).filter(record => record.target === target);

/** Events of a user in the line, the first of which is parked; answers what was handled, and a way to mend it. */
async function parkFirst(user: string, ...events: string[]) {
  const handled: string[] = [];
  const failing = new Set(events.slice(0, 1));
  world.behaviours.set(`line ${user}`, async ({ event_id }) => {
    if (failing.has(event_id)) throw new PermanentError(`${user} must be looked at`);
    handled.push(event_id);
  });
  for (const event_id of events) await world.signUp(user, { event_id });
  await world.settle();
  return { handled, failing, first: await idOf("line", events[0] ?? "") };
}

/** A user of the probe whose events are parked until they are mended. */
async function parkAll(user: string, ...events: string[]) {
  let isMended = false;
  world.behaviours.set(user, async () => {
    if (!isMended) throw new PermanentError(`${user} must be looked at`);
  });
  for (const event_id of events) await world.signUp(user, { event_id });
  await world.settle();
  return () => {
    isMended = true;
  };
}

/** Holds every task back until `then` has run, so that what it does comes first. */
async function withTasksHeld(then: () => Promise<unknown>): Promise<void> {
  const tasks = await cloudTasks();
  await tasks.pauseQueue({ name: RELEASE_QUEUE });
  await then();
  await tasks.resumeQueue({ name: RELEASE_QUEUE });
  await world.settle();
}

const actOf = (id: string): Act => ({ id, who: "ann", reason: "a test", nowMs: world.clock.now() });

test("lists what is parked, the newest first, with a count of the rest, and only what is asked for", async () => {
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
  expect(await tool("--subject", "usr_nobody")).toMatchObject({
    code: 0,
    text: "Nothing that matches is parked.",
  });
});

test("shows an entry with its lane, who waits behind it and what was done, its personal fields only when asked", async () => {
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
])("ends with 1 where what is named does not exist: %j", async (args, said) => {
  expect(await tool(...args)).toMatchObject({ code: 1, text: expect.stringContaining(said) });
});

test("releases one, which stays parked until its try commits, and wakes those behind it", async () => {
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

test("handles it once when two persons release it at once, and when one does so again", async () => {
  const mend = await parkAll("usr_two", "evt_two");
  mend();
  const id = await idOf("probe", "evt_two");
  await withTasksHeld(async () => {
    const [one, other] = await Promise.all([json("release", id), json("release", id)]);
    expect([one.done, other.done]).toEqual([1, 1]);
    expect((await json("release", id)).done).toBe(1);
  });
  expect(await world.timesOf("usr_two")).toBe(1);
  expect(await recordsOf(id)).toHaveLength(3);
});

test("is released again after the task of a release was lost", async () => {
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

test("handles it once when a person releases it while it is released by itself", async () => {
  let isMended = false;
  world.behaviours.set("usr_race", async () => {
    if (!isMended) throw new Error("not yet");
  });
  await world.signUp("usr_race", { event_id: "evt_race" });
  await world.settle();
  isMended = true;
  await withTasksHeld(async () => {
    await tool("release", await idOf("probe", "evt_race"));
    await world.advance(11_000);
  });
  expect(await world.timesOf("usr_race")).toBe(1);
});

test("either drops or handles an entry that one person drops while another releases it", async () => {
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

test("forgets a dropped event, says who dropped it and why, and its release comes too late", async () => {
  const mend = await parkAll("usr_drop", "evt_drop");
  mend();
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

test("does not drop what was tried again since the person saw it", async () => {
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

test("goes on behind a dropped head, and without a queued one that was dropped from the middle", async () => {
  const { first, handled } = await parkFirst("usr_h", "evt_h1", "evt_h2", "evt_h3", "evt_h4");
  await tool("drop", await idOf("line", "evt_h3"), "--reason", "not wanted");
  await world.settle();
  expect(handled).toEqual([]);
  await tool("drop", first, "--reason", "not wanted");
  await world.settle();
  expect(handled).toEqual(["evt_h2", "evt_h4"]);
  expect((await world.all(lanes)).some(({ key }) => key === "usr_h")).toBe(false);
});

test("has a lane go on by its name", async () => {
  const { first, failing, handled } = await parkFirst("usr_lane", "evt_n1", "evt_n2");
  failing.clear();
  const { lane } = await json("show", first);
  expect((await json("release", "--lane", lane.id)).done).toBe(1);
  await world.settle();
  expect(handled).toEqual(["evt_n1", "evt_n2"]);
  expect((await json("release", "--lane", lane.id)).not_done).toHaveLength(1);
});

test("goes on where it was stopped: nothing is lost, nothing is done twice", async () => {
  const events = Array.from({ length: 9 }, (_, index) => `evt_many${index}`);
  const mend = await parkAll("usr_many", ...events);
  mend();
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

test("sets a message aside again that still cannot be read when it is released", async () => {
  const topic = (await pubsub()).topic("pulsecart.user-actions");
  await topic.publishMessage({
    data: Buffer.from("no JSON"),
    attributes: { event_type: "user.signed_up", subject: "usr_unread" },
  });
  await world.settle();
  const before = (await world.ledgerOf("probe")).find(({ cause }) => cause.subject === "usr_unread");
  await tool("release", before?.id ?? "");
  await world.settle();
  const shown = await json("show", before?.id ?? "");
  expect(shown).toMatchObject({ state: "parked", n: 2, event: { unreadable: "7 bytes (not shown)" } });
});

test("has a timer look again when a person releases what it parked; it fails as an event does, and counts once", async () => {
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
  expect(await entryOf("bell", user)).toMatchObject({ state: "deferred", n: 2, reason: "Error: not yet" });
  mood = undefined;
  await withTasksHeld(async () => {
    await Promise.all([tool("release", id), tool("release", id)]);
    await world.advance(11_000);
  });
  expect(await stateOf("bell", user)).toBe("done");
  // The probe has counted the sign-up, and the bell its ringing.
  expect(await world.timesOf(user)).toBe(2);
  expect(await json("release", id)).toMatchObject({ done: 0, not_done: [{ id, why: "the entry is done" }] });
});

test("plans an unknown effect again when a person says so, and closes one nobody wants", async () => {
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
  expect(notes).toContain("it may see it twice");
  await tool("drop", "--effects", other, "--reason", "the customer has it");
  await world.settle();
  expect(await world.read(effects, one)).toMatchObject({ state: "sent" });
  expect(await world.read(effects, other)).toMatchObject({ state: "skipped" });
  expect(seen).toEqual(["usr_u1", "usr_u2", "usr_u1"]);
  expect(await recordsOf(one)).toMatchObject([{ did: "resend", who: "ann", from: { state: "unknown" } }]);
  expect((await tool("--effects")).text).toBe("No effect that matches waits for a person.");
});

test.each([
  [["realease"], "realease is none of list, show, release, resend, drop; --help shows how each is used."],
  [["drop", "x"], "drop takes --reason TEXT: it is kept with the act, for whoever asks later."],
  [["release"], "release takes ids, or --lane ID, or --all."],
  [["release", "x", "--all"], "release takes ids, or --lane ID, or --all."],
  [["release", "x", "--type", "order.placed"], "Filters go with --all."],
  [["--type", "order.plcaed"], "--type order.plcaed is not an event type; README.md lists them."],
  [["--older-than", "soon"], "--older-than takes a time such as 30s, 10m, 2h or 3d."],
  [["--state", "done"], "--state takes parked, deferred, queued."],
  [["--raection", "x"], "Unknown option '--raection'"],
])("refuses %j in a sentence", (args, sentence) => {
  expect(() => parkedFlags(args)).toThrow(sentence);
});
