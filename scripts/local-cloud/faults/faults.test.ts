import { Firestore } from "@google-cloud/firestore";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import * as v from "valibot";
import { startFirestore } from "../firestore/firestore.ts";
import { openStorage } from "../storage.ts";
import { startTestPubSub } from "../test/pubsub.ts";
import type { TestScheduler } from "../test/scheduler.ts";
import { NO_RETRY, startTestScheduler } from "../test/scheduler.ts";
import { setCallFaults } from "./call-faults.ts";
import type { FaultRules, Faults } from "./faults.ts";
import { createFaults, faultRules } from "./faults.ts";

const NOT_FOUND = 5;
const ABORTED = 10;
const UNAVAILABLE = 14;
const DEADLINE_EXCEEDED = 4;
/** The first of two commits is aborted and the second is not, at a probability of a half. */
const SEED_OF_ONE_ABORT = 8;
const URI = "http://127.0.0.1:1/";

let scheduler: TestScheduler;
let faults: Faults;
beforeEach(async () => {
  scheduler = await startTestScheduler();
  faults = createFaults();
  setCallFaults(faults.ofCall);
});
afterEach(async () => {
  setCallFaults(undefined);
  await scheduler.close();
});

const jobName = (id: string) => `${scheduler.location}/jobs/${id}`;
const codeOf = (call: Promise<unknown>): Promise<number> =>
  call.then(
    () => 0,
    error => error.code,
  );
/** Makes a number of calls and returns their status codes. */
async function codesOf(count: number, rules: FaultRules): Promise<number[]> {
  faults.set(rules);
  const codes: number[] = [];
  for (let call = 0; call < count; call += 1) codes.push(await codeOf(scheduler.get(jobName("j"))));
  return codes;
}

test.each([
  ["unavailable", UNAVAILABLE],
  ["deadline_exceeded", DEADLINE_EXCEEDED],
] as const)("refuses a call as %s before it is applied", async (fault, code) => {
  faults.set({ [fault]: 1 });
  await expect(scheduler.createJob("j", URI)).rejects.toMatchObject({ code });
  expect(faults.struck()).toEqual({ [fault]: 1 });
  faults.set({});
  await expect(scheduler.get(jobName("j"))).rejects.toMatchObject({ code: NOT_FOUND });
});

test("applies a call whose answer is lost, and keeps a real refusal", async () => {
  faults.set({ lose_answer: 1 });
  await expect(scheduler.createJob("j", URI)).rejects.toMatchObject({ code: UNAVAILABLE });
  await expect(scheduler.get(jobName("other"))).rejects.toMatchObject({ code: NOT_FOUND });
  faults.set({});
  expect((await scheduler.get(jobName("j"))).name).toBe(jobName("j"));
});

test("delays calls by the time drawn from the seed", async () => {
  await scheduler.createJob("j", URI);
  const startedMs = performance.now();
  expect(await codesOf(10, { slow: { probability: 1, ms: 40 } })).toEqual(Array(10).fill(0));
  // On average half of the 40 ms, ten times.
  expect(performance.now() - startedMs).toBeGreaterThan(100);
});

test("strikes by its probability, and the same calls for the same seed", async () => {
  await scheduler.createJob("j", URI);
  const rules = { seed: 7, unavailable: 0.3 };
  const first = await codesOf(60, rules);
  const failures = first.filter(code => code === UNAVAILABLE).length;
  expect(failures).toBeGreaterThan(8);
  expect(failures).toBeLessThan(30);
  expect(faults.struck()).toEqual({ unavailable: failures });
  expect(await codesOf(60, rules)).toEqual(first);
  expect(await codesOf(60, { ...rules, seed: 8 })).not.toEqual(first);
});

test("gives a method the same faults whatever other calls come between", async () => {
  await scheduler.createJob("j", URI);
  const rules = { unavailable: 0.3 };
  const alone = await codesOf(30, rules);
  faults.set(rules);
  const among: number[] = [];
  for (const _ of alone) {
    await codeOf(scheduler.client.listJobs({ parent: scheduler.location }, NO_RETRY));
    among.push(await codeOf(scheduler.get(jobName("j"))));
  }
  expect(among).toEqual(alone);
});

test("does nothing when off or at probability 0", async () => {
  await scheduler.createJob("j", URI);
  const off: FaultRules[] = [{}, { unavailable: 0, lose_answer: 0, slow: { probability: 0, ms: 5000 } }];
  for (const rules of off) expect(await codesOf(20, rules)).toEqual(Array(20).fill(0));
  faults.set({ unavailable: 1 });
  faults.set({});
  expect(await codesOf(20, {})).toEqual(Array(20).fill(0));
  expect(faults.struck()).toEqual({});
});

test("reaches Pub/Sub too: refuses a new topic", async () => {
  const pubsub = await startTestPubSub();
  try {
    faults.set({ deadline_exceeded: 1 });
    await expect(pubsub.client.createTopic("late")).rejects.toMatchObject({ code: DEADLINE_EXCEEDED });
    faults.set({});
    expect(pubsub.service.status().topics).toEqual(["projects/demo-test/topics/events"]);
  } finally {
    await pubsub.close();
  }
});

test("aborts commits to Firestore only, and a retried transaction succeeds", async () => {
  process.env["METADATA_SERVER_DETECTION"] = "none";
  const service = await startFirestore({ now: Date.now, storage: openStorage() });
  const db = new Firestore({ projectId: "demo-x", host: service.host, ssl: false });
  try {
    const document = db.doc("counters/one");
    const count = (maxAttempts: number) =>
      db.runTransaction(
        async transaction => {
          const times = Number((await transaction.get(document)).get("times") ?? 0);
          transaction.set(document, { times: times + 1 });
        },
        { maxAttempts },
      );
    faults.set({ aborted: 1 });
    await expect(count(1)).rejects.toMatchObject({ code: ABORTED });
    expect((await document.get()).exists).toBe(false);
    faults.set({ seed: SEED_OF_ONE_ABORT, aborted: 0.5 });
    await count(2);
    expect(faults.struck()).toEqual({ aborted: 1 });
    expect((await document.get()).data()).toEqual({ times: 1 });
  } finally {
    await db.terminate();
    service.close();
  }
});

test.each<[object, string]>([
  [{ duplicate: 1.1 }, "/duplicate"],
  [{ reorder: -0.1 }, "/reorder"],
  [{ lose_answer: "often" }, "/lose_answer"],
  [{ delay: 0.5 }, "/delay"],
  [{ delay: { probability: 0.5 } }, "/delay/seconds"],
  [{ slow: { probability: 0.5, ms: 5001 } }, "/slow/ms"],
  [{ smtp_cut: 2 }, "/smtp_cut"],
  [{ smtp_slow: 0.5 }, "/smtp_slow"],
  [{ seed: 0.5 }, "/seed"],
  [{ explode: 1 }, "/explode"],
])("refuses the rules %o", (rules, pointer) => {
  const { issues = [] } = v.safeParse(faultRules, rules);
  expect(issues.map(issue => `/${issue.path?.map(item => item.key).join("/")}`)).toEqual([pointer]);
});
