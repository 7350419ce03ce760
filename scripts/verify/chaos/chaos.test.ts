import { spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { ChaosResult } from "./chaos.ts";
import { runChaos } from "./chaos.ts";
import { CHAOS_TEST_FUNCTIONS } from "./chaos-test-functions.ts";
import { readFlags } from "./flags.ts";
import { leaksInFiles } from "./leaks.ts";
import { PersonalValues } from "./personal-values.ts";
import { planChaos } from "./plan.ts";
import { makeRunFolder, root } from "./shop.ts";

/** Within six seconds this seed plans early faults, a restart of the local cloud, two kills and two jumps. */
const SEED = 14;
/** Shorter than in a long run: an hour of the clock takes seconds of real time. */
const IDLE_MS = 20 * MINUTE_MS;

let run: ReturnType<typeof makeRunFolder>;
let result: ChaosResult;
beforeAll(async () => {
  run = makeRunFolder();
  result = await runChaos({
    seed: SEED,
    forMs: 6_000,
    idleMs: IDLE_MS,
    only: CHAOS_TEST_FUNCTIONS,
    folder: run.folder,
  });
}, 240_000);
afterAll(() => run.remove());

test("loses and repeats nothing when functions and the local cloud are killed", () => {
  const { differences, ended, struck, killed, checked } = result;
  expect({ differences, ended }).toEqual({ differences: [], ended: [] });
  expect(struck).not.toEqual({});
  expect(Math.min(killed.functions, killed.cloud)).toBeGreaterThan(0);
  expect(checked["events"]).toBeGreaterThan(50);
  expect(checked["receipts"]).toBeGreaterThan(0);
});

test("writes no personal value to outputs, answers and records", () => {
  expect(result.leaks).toEqual([]);
});

test("finds a personal value in a log", () => {
  const personal = new PersonalValues(SEED);
  const payload = { email: "shopper@example.com" };
  const step = { name: "evt_1", method: "POST" as const, path: "/events/ingest", pauseMs: 0 };
  const body = { event_type: "user.signed_up", event_id: "evt_1", user_id: "usr_1", payload };
  const { opening } = personal.plantIn({ tag: "t", goods: [], opening: [[{ ...step, body }]], rounds: [] });
  const log = join(run.folder, "logs", "carts.log");
  const lines = leaksInFiles(join(run.folder, "logs"), personal).length;
  appendFileSync(log, `one\ncannot mail ${JSON.stringify(opening[0]?.[0]?.body["payload"])}`);
  const [leak] = leaksInFiles(join(run.folder, "logs"), personal).slice(lines);
  expect(leak).toEqual({
    where: expect.stringMatching(/carts\.log:\d+$/),
    of: "/payload/email of user.signed_up, evt_1",
  });
});

test("plans the same acts, with every kind of fault, for a seed", () => {
  const options = { forMs: 180_000, functions: ["carts", "ingest"], idleMs: IDLE_MS, isGoogle: false };
  const acts = planChaos({ seed: SEED, ...options });
  expect(planChaos({ seed: SEED, ...options })).toEqual(acts);
  expect(planChaos({ seed: SEED + 1, ...options })).not.toEqual(acts);
  const faults = acts.flatMap(act => (act.kind === "faults" ? Object.keys(act.rules) : []));
  expect(new Set(acts.map(({ kind }) => kind))).toEqual(new Set(["kill", "restart", "faults", "jump"]));
  expect(new Set(faults).size).toBe(13);
});

describe("command line", () => {
  test.each([
    [["--minutes", "0"], '--minutes invalid: expected a whole number from 1 to 1440, got "0".'],
    [["--seed", "x"], '--seed invalid: expected a whole number from 0 to 9007199254740991, got "x".'],
    [["--sed", "1"], "Unknown option '--sed'"],
  ])("refuses the flags %j with a sentence", (args, sentence) => {
    expect(() => readFlags(args)).toThrow(sentence);
  });

  test("exits with 2 when Google's emulators are not installed", () => {
    const env = { PATH: "/nowhere", HOME: "/nowhere" };
    const { status, stderr } = spawnSync(process.execPath, ["scripts/verify/chaos/run.ts", "--google"], {
      cwd: root,
      env,
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining("--google: The Google Cloud SDK is not installed"),
    });
  });
});
