import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { PermanentError } from "../../shared/errors.ts";
import { documentRef, firestore } from "../../shared/google/firestore.ts";
import { archivedEvents, archiveId } from "../../shared/pipeline/records/archived-event.ts";
import { audit } from "../../shared/pipeline/records/audit.ts";
import { readGenerations } from "../../shared/pipeline/records/generation.ts";
import { MINUTE_MS } from "../../shared/values/durations.ts";
import { newId } from "../../shared/values/ids.ts";
import type { ReplayWorld } from "../test/worlds/replay.ts";
import { startReplayWorld, tallyCounts } from "../test/worlds/replay.ts";
import { parkedFlags } from "./parked-flags.ts";
import { runParked } from "./parked-run.ts";

const REBUILD = ["--reaction", "tally", "--rebuild", "--rate", "500"];

let world: ReplayWorld;
/** The live generation at the start of a test. */
let before: number;
beforeAll(async () => {
  world = await startReplayWorld();
});
beforeEach(async () => {
  world.weigh(1);
  before = (await readGenerations("tally")).live;
});
afterAll(() => world.close());

async function signUp(user: string, times = 1): Promise<void> {
  for (let index = 0; index < times; index += 1) {
    await world.signUp(user, newId("evt", { nowMs: world.clock.now() }));
  }
  await world.settle();
}

async function releaseAll(): Promise<void> {
  const io = { out: () => undefined, note: () => undefined, signal: new AbortController().signal };
  await runParked(parkedFlags(["release", "--all", "--reaction", "tally"]), io);
  await world.settle();
}

const documentsOf = async (generation: number) =>
  (await firestore().collection(`projections/tally.${generation}/${tallyCounts.name}`).get()).size;

test("applies today's rules to the whole archive and removes the old generation", async () => {
  await world.archiveOnly("usr_old", "evt_old", world.clock.now() - 400 * 24 * 60 * MINUTE_MS);
  await signUp("usr_a", 3);
  world.weigh(10);
  const during: (number | undefined)[] = [];
  const { code, text } = await world.replay(REBUILD, {
    pause: async () => {
      during.push(await world.tallyOf("usr_a"));
      await world.advance(2 * MINUTE_MS);
    },
  });
  expect([code, text]).toEqual([0, "tally is rebuilt, and readers get the new generation."]);
  expect(during[0]).toBe(3);
  expect(await world.tallyOf("usr_a")).toBe(30);
  expect(await world.tallyOf("usr_old")).toBe(10);
  expect(await documentsOf(before)).toBe(0);
  expect(await readGenerations("tally")).toEqual({ live: before + 1, newest: before + 1, retired: [] });
  expect((await world.all(audit)).map(({ did }) => did).sort()).toEqual(["rebuild", "rebuild", "switch"]);
  await signUp("usr_a");
  expect(await world.tallyOf("usr_a")).toBe(40);
});

test("continues after a kill at any point", async () => {
  await Promise.all(
    Array.from({ length: 101 }, (_, index) => world.signUp(`usr_k${index}`, `evt_k${index}`)),
  );
  await world.settle();
  let killAt = 0;
  for (;;) {
    let pauses = 0;
    const run = world.replay(REBUILD, {
      pause: async () => {
        if (pauses++ === killAt) throw new Error("killed");
        await world.advance(2 * MINUTE_MS);
      },
    });
    const result = await run.catch((error: Error) => error.message);
    if (result !== "killed") break;
    killAt += 1;
    // A killed rebuild keeps its lease, so the next run has to wait.
    expect(await world.replay(REBUILD)).toMatchObject({
      code: 1,
      notes: expect.stringContaining("ann runs this replay"),
    });
    await world.advance(6 * MINUTE_MS);
  }
  expect(killAt).toBeGreaterThan(1);
  expect((await readGenerations("tally")).live).toBe(before + 1);
  for (const index of [0, 60, 100]) expect(await world.tallyOf(`usr_k${index}`)).toBe(1);
  expect(await documentsOf(before)).toBe(0);
});

test("refuses a second rebuild while the first is running", async () => {
  await signUp("usr_b");
  const { code } = await world.replay(REBUILD, {
    pause: async () => {
      expect(await world.replay(REBUILD)).toMatchObject({
        code: 1,
        notes: expect.stringMatching(/^ann runs this replay/),
      });
      await world.advance(2 * MINUTE_MS);
    },
  });
  expect(code).toBe(0);
});

test("does not switch while an event is parked in the new generation", async () => {
  await signUp("usr_c");
  let isRepaired = false;
  world.weigh(2);
  world.tally.set("usr_c", async () => {
    if (!isRepaired) throw new PermanentError("the new rule cannot take this");
  });
  const { code, text } = await world.replay(REBUILD);
  expect([code, text]).toEqual([1, expect.stringContaining("1 events are parked in the new generation")]);
  await signUp("usr_other");
  expect(await world.tallyOf("usr_c")).toBe(1);
  expect(await world.tallyOf("usr_other")).toBe(2);
  isRepaired = true;
  await releaseAll();
  expect((await world.replay(REBUILD)).code).toBe(0);
  expect(await world.tallyOf("usr_c")).toBe(2);
  expect(await world.tallyOf("usr_other")).toBe(2);
});

test("removes the new generation when it is given up", async () => {
  await signUp("usr_d");
  await world.replay(REBUILD, { signal: AbortSignal.abort() });
  await signUp("usr_d");
  expect(await documentsOf(before + 1)).toBe(1);
  await world.replay([...REBUILD, "--abandon"]);
  await signUp("usr_d");
  expect(await world.tallyOf("usr_d")).toBe(3);
  await world.replay(REBUILD);
  expect(await world.tallyOf("usr_d")).toBe(3);
  expect([await documentsOf(before), await documentsOf(before + 1)]).toEqual([0, 0]);
});

test("drops parked entries of the abandoned generation only", async () => {
  world.tally.set("usr_h", async () => {
    throw new PermanentError("no rule can take this");
  });
  await signUp("usr_h");
  expect((await world.replay(REBUILD)).text).toContain("1 events are parked in the new generation");
  await world.replay([...REBUILD, "--abandon"]);
  world.tally.clear();
  const entries = (await world.ledgerOf("tally")).filter(({ cause }) => cause.subject === "usr_h");
  expect(entries.map(({ state, reason }) => [state, reason]).sort()).toEqual([
    ["dropped", `dropped by ann: generation ${before + 1} was given up`],
    ["parked", "PermanentError: no rule can take this"],
  ]);
  const dropped = (await world.all(audit)).filter(({ did }) => did === "drop");
  expect(dropped).toMatchObject([{ who: "ann", reaction: "tally", subject: "usr_h" }]);
  await releaseAll();
});

test("releases an event parked earlier into the live generation", async () => {
  const parkedOnce = ["usr_e", "usr_g"];
  const parked = new Set(parkedOnce);
  for (const user of parked) {
    world.tally.set(user, async () => {
      if (parked.has(user)) throw new PermanentError("not yet");
    });
    await world.signUp(user, `evt_${user}`);
  }
  await world.settle();
  parked.clear();
  // The archive lacks this event, as with a dead letter: only its ledger entry holds the event.
  await documentRef(archivedEvents, archiveId({ producer: "ingest", event_id: "evt_usr_g" })).delete();
  await world.replay(REBUILD);
  expect([await world.tallyOf("usr_e"), await world.tallyOf("usr_g")]).toEqual([1, undefined]);
  await releaseAll();
  expect([await world.tallyOf("usr_e"), await world.tallyOf("usr_g")]).toEqual([1, 1]);
  const entries = (await world.ledgerOf("tally")).filter(({ cause }) => parkedOnce.includes(cause.subject));
  expect(entries.map(({ state }) => state).sort()).toEqual(["done", "done", "skipped", "skipped"]);
});

test("refuses follow-ups of a projection", async () => {
  world.tally.set("usr_f", async (_event, work) => work.effect("postcard", { key: "f", data: {} }));
  await signUp("usr_f");
  const entry = (await world.ledgerOf("tally")).find(({ cause }) => cause.subject === "usr_f");
  expect(entry).toMatchObject({ state: "deferred", reason: expect.stringContaining("must not emit") });
  expect(await world.tallyOf("usr_f")).toBeUndefined();
  world.tally.clear();
});

test("counts each live event once before, during and after the switch", async () => {
  let accepted = 0;
  let isOver = false;
  let open = Promise.resolve();
  const coming = (async () => {
    while (!isOver) {
      await open;
      await world.signUp("usr_live", `evt_live${accepted}`);
      accepted += 1;
    }
  })();
  await world.replay(REBUILD, {
    // The world never becomes idle while events come.
    pause: () => {
      const idle = world.advance(2 * MINUTE_MS);
      open = idle;
      return idle;
    },
  });
  isOver = true;
  await coming;
  await world.advance(MINUTE_MS);
  expect(accepted).toBeGreaterThan(10);
  expect(await world.tallyOf("usr_live")).toBe(accepted);
  expect((await readGenerations("tally")).live).toBe(before + 1);
});
