import { spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ChaosResult } from "./chaos.ts";
import { runChaos } from "./chaos.ts";
import { readFlags } from "./flags.ts";
import { leaksInFiles } from "./leaks.ts";
import { LOOKED_AT } from "./looked-at.ts";
import { planChaos } from "./plan.ts";
import { createPlanted } from "./planted.ts";
import { makeRunFolder, root } from "./shop.ts";

/** Within six seconds it brings faults at once, a restart of the local cloud, two kills and two jumps. */
const SEED = 14;
/** Shorter than in a long run: an hour of the clock takes seconds. */
const IDLE_MS = 20 * 60_000;

let run: ReturnType<typeof makeRunFolder>;
let result: ChaosResult;
beforeAll(async () => {
  run = makeRunFolder();
  result = await runChaos({ seed: SEED, forMs: 6_000, idleMs: IDLE_MS, only: LOOKED_AT, folder: run.folder });
}, 240_000);
afterAll(() => run.remove());

test("loses nothing and does nothing twice while functions and the local cloud are killed", () => {
  const { differences, ended, struck, killed, checked } = result;
  expect({ differences, ended }).toEqual({ differences: [], ended: [] });
  expect(struck).not.toEqual({});
  expect(Math.min(killed.functions, killed.cloud)).toBeGreaterThan(0);
  expect(checked["events"]).toBeGreaterThan(50);
});

test("tells no personal value in any output, answer or record", () => {
  expect(result.leaks).toEqual([]);
});

test("finds a personal value wherever one is told", () => {
  const planted = createPlanted(SEED);
  const payload = { email: "somebody@example.com" };
  const step = { name: "evt_1", method: "POST" as const, path: "/events/ingest", pauseMs: 0 };
  const body = { event_type: "user.signed_up", event_id: "evt_1", user_id: "usr_1", payload };
  const { opening } = planted.plantIn({ tag: "t", goods: [], opening: [[{ ...step, body }]], rounds: [] });
  const log = join(run.folder, "logs", "carts.log");
  const lines = leaksInFiles(join(run.folder, "logs"), planted).length;
  appendFileSync(log, `one\ncannot mail ${JSON.stringify(opening[0]?.[0]?.body["payload"])}`);
  const [leak] = leaksInFiles(join(run.folder, "logs"), planted).slice(lines);
  expect(leak).toEqual({
    where: expect.stringMatching(/carts\.log:\d+$/),
    of: "/payload/email of user.signed_up, evt_1",
  });
});

test("plans the same for the same seed, and everything that can go wrong within three minutes", () => {
  const options = { forMs: 180_000, functions: ["carts", "ingest"], idleMs: IDLE_MS, isGoogle: false };
  const acts = planChaos({ seed: SEED, ...options });
  expect(planChaos({ seed: SEED, ...options })).toEqual(acts);
  expect(planChaos({ seed: SEED + 1, ...options })).not.toEqual(acts);
  const faults = acts.flatMap(act => (act.kind === "faults" ? Object.keys(act.rules) : []));
  expect(new Set(acts.map(({ kind }) => kind))).toEqual(new Set(["kill", "restart", "faults", "jump"]));
  expect(new Set(faults).size).toBe(13);
});

test.each([
  [["--minutes", "0"], '--minutes invalid: expected a whole number from 1 to 1440, got "0".'],
  [["--seed", "x"], '--seed invalid: expected a whole number from 0 to 9007199254740991, got "x".'],
  [["--sed", "1"], "Unknown option '--sed'"],
])("says in a sentence what is wrong with %j", (args, sentence) => {
  expect(() => readFlags(args)).toThrow(sentence);
});

test("ends with 2 where Google's emulators are wanted and not there, and says what is missing", () => {
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
