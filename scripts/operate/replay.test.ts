import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { audit } from "../../shared/pipeline/records/audit.ts";
import { DAY_MS, MINUTE_MS } from "../../shared/values/durations.ts";
import type { ReplayWorld } from "../test/worlds/replay.ts";
import { startReplayWorld } from "../test/worlds/replay.ts";

let world: ReplayWorld;
beforeAll(async () => {
  world = await startReplayWorld();
});
afterAll(() => world.close());

const json = async (...args: string[]) => JSON.parse((await world.replay([...args, "--json"])).text);
const clerk = (user: string) => ["--reaction", "clerk", "--subject", user];

/** Runs every posted task. */
const letRun = () => world.advance(2 * MINUTE_MS);

test("sends a reaction its unhandled events once, in order of receipt", async () => {
  const handled: string[] = [];
  world.clerk.set("usr_a", async ({ event_id }) => handled.push(event_id) && undefined);
  const nowMs = world.clock.now();
  for (const index of [3, 1, 4, 2, 5]) {
    await world.archiveOnly("usr_a", `evt_a${index}`, nowMs - 2 * DAY_MS + index * 6 * 60 * MINUTE_MS);
  }
  await world.signUp("usr_a", "evt_a9");
  await world.settle();
  expect(await json(...clerk("usr_a"), "--dry-run")).toMatchObject({ would: "replay", absent: 5, final: 1 });
  expect(handled).toEqual(["evt_a9"]);
  expect(await json(...clerk("usr_a"))).toMatchObject({ posted: 5, final: 1 });
  await letRun();
  expect(handled).toEqual(["evt_a9", "evt_a1", "evt_a2", "evt_a3", "evt_a4", "evt_a5"]);
  expect((await world.replay(clerk("usr_a"))).text).toMatch(
    /^Nothing to replay: 6 of what matches are handled/,
  );
  await letRun();
  expect(await world.clerkOf("usr_a")).toBe(6);
});

test("sends only the selected events and records the operator", async () => {
  const startMs = world.clock.now() - DAY_MS;
  for (const hour of [1, 2, 3])
    await world.archiveOnly("usr_b", `evt_b${hour}`, startMs + hour * 60 * MINUTE_MS);
  const at = (hour: number) => new Date(startMs + hour * 60 * MINUTE_MS).toISOString();
  const { act, posted } = await json(...clerk("usr_b"), "--from", at(2), "--to", at(3));
  expect(posted).toBe(1);
  await letRun();
  expect(await world.clerkOf("usr_b")).toBe(1);
  const [record] = (await world.all(audit)).filter(each => each.act === act);
  expect(record).toMatchObject({
    did: "replay",
    who: "ann",
    reaction: "clerk",
    selection: { subject: "usr_b", from: at(2), to: at(3) },
  });
});

test("keeps to the rate of --rate", async () => {
  const startMs = world.clock.now() - DAY_MS;
  const handledAt: number[] = [];
  for (const index of [0, 1, 2, 3]) {
    world.clerk.set(`usr_rate${index}`, async (_event, work) => handledAt.push(work.nowMs) && undefined);
    await world.archiveOnly(`usr_rate${index}`, `evt_rate${index}`, startMs + index);
  }
  const from = new Date(startMs).toISOString();
  const to = new Date(startMs + 10).toISOString();
  await world.replay(["--reaction", "clerk", "--from", from, "--to", to, "--rate", "0.1"]);
  await letRun();
  expect(handledAt).toHaveLength(4);
  const gaps = handledAt.slice(1).map((ms, index) => ms - (handledAt[index] ?? 0));
  for (const gapMs of gaps) expect(Math.abs(gapMs - 10_000)).toBeLessThan(1_000);
});

test("continues after a stop and sends no event twice", async () => {
  const startMs = world.clock.now() - 3 * DAY_MS;
  const users = Array.from({ length: 250 }, (_, index) => `usr_c${index}`);
  await Promise.all(users.map((user, index) => world.archiveOnly(user, `evt_${user}`, startMs + index)));
  const at = (ms: number) => new Date(ms).toISOString();
  const command = [
    "--reaction",
    "clerk",
    "--from",
    at(startMs),
    "--to",
    at(startMs + 1_000),
    "--rate",
    "500",
  ];
  const first = JSON.parse((await world.replay([...command, "--json"], { signal: stopAfter(1) })).text);
  expect(first).toMatchObject({ posted: 100, stopped: true });
  expect(await json(...command)).toMatchObject({ act: first.act, posted: 250, stopped: false });
  await letRun();
  expect(await Promise.all(users.map(world.clerkOf))).toEqual(users.map(() => 1));
});

/** Creates a signal that aborts after a number of looks. */
function stopAfter(steps: number): AbortSignal {
  let looks = 0;
  return {
    get aborted() {
      looks += 1;
      return looks > steps;
    },
  } as AbortSignal;
}

test("skips a unit of work that plans an existing effect", async () => {
  const plan = async (
    _event: unknown,
    work: { effect: (name: string, planned: { key: string; data: object }) => void },
  ) => work.effect("postcard", { key: "for usr_d", data: { to: "usr_d" } });
  world.clerk.set("usr_d", plan as never);
  await world.archiveOnly("usr_d", "evt_d2", world.clock.now() - DAY_MS);
  await world.signUp("usr_d", "evt_d1");
  await world.settle();
  await world.replay(clerk("usr_d"));
  await letRun();
  const entries = (await world.ledgerOf("clerk")).filter(({ cause }) => cause.subject === "usr_d");
  expect(entries.find(({ cause }) => cause.id === "evt_d2")?.state).toBe("skipped");
  expect(await world.clerkOf("usr_d")).toBe(1);
});

test("applies handled events once more for each run with --again", async () => {
  await world.signUp("usr_e", "evt_e1");
  await world.settle();
  await world.archiveOnly("usr_e", "evt_e2", world.clock.now() - DAY_MS);
  const command = ["--reaction", "tally", "--subject", "usr_e", "--again"];
  await world.advance(MINUTE_MS);
  expect(await json(...command)).toMatchObject({ posted: 2 });
  await letRun();
  expect(await world.tallyOf("usr_e")).toBe(3);
  const plain = await world.replay(command.slice(0, -1));
  expect(plain.text).toMatch(/^Nothing to replay: 2 of what matches are handled/);
  await world.replay(command);
  await letRun();
  expect(await world.tallyOf("usr_e")).toBe(5);
});

test.each([
  [["--reaction", "clerk", "--again"], "--again needs a projection"],
  [["--reaction", "clerk", "--rebuild"], "--rebuild needs a projection"],
  [["--reaction", "clerks"], "--reaction invalid: expected one of"],
  [["--reaction", "clerk", "--type", "order.placed"], "--type invalid: expected an event type of clerk"],
  [["--reaction", "clerk", "--from", "2020-01-01"], "--from invalid: expected a time after"],
  [["--reaction", "clerk", "--from", "yesterday"], "--from invalid: expected a day such as 2026-11-20"],
  [["--reaction", "clerk", "--from", "2026-11-31"], "--from invalid: expected a day such as 2026-11-20"],
  [["--reaction", "tally", "--rebuild", "--subject", "x"], "--rebuild takes the whole archive"],
  [["--rate", "10"], "--reaction missing: expected the name of a reaction"],
])("refuses %j", async (args, sentence) => {
  await expect(world.replay(args)).rejects.toThrow(sentence);
});
