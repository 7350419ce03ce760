import { expect, test } from "@jest/globals";
import { MINUTE_MS } from "../../../../shared/values/durations.ts";
import { rounds } from "../target.ts";
import { schedulerUnderTest } from "./test-target.ts";

const scheduler = schedulerUnderTest("12:00:30");

const ALREADY_EXISTS = 6;
const times = <T>(count: number, run: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => run(index));

test("answers ALREADY_EXISTS to 9 of 10 racing creates of one job", async () => {
  for (const round of rounds(20)) {
    const created = times(10, () => scheduler.createJob(`job-${round}`, "http://127.0.0.1:1/"));
    const codes = (await Promise.allSettled(created)).map(result =>
      result.status === "fulfilled" ? "created" : result.reason.code,
    );
    expect(codes.filter(code => code === "created")).toHaveLength(1);
    expect(codes.filter(code => code === ALREADY_EXISTS)).toHaveLength(9);
  }
});

test("never overlaps executions when runs on demand race the schedule", async () => {
  let underWay = 0;
  let most = 0;
  const target = await scheduler.target(async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise(resolve => setImmediate(resolve));
    underWay -= 1;
    return 200;
  });
  const name = await scheduler.createJob("j", target.url);
  for (const _ of rounds(10)) {
    await Promise.all([scheduler.pass(MINUTE_MS), ...times(5, () => scheduler.client.runJob({ name }))]);
  }
  expect(most).toBe(1);
  expect(target.calls.length).toBeGreaterThanOrEqual(10);
});

/** Starts an execution that ends with `release`, and lets three minutes of its schedule pass. */
async function startLongExecution() {
  let release = (_: number) => undefined as void;
  const gate = new Promise<number>(resolve => {
    release = resolve;
  });
  const target = await scheduler.target(() => (target.calls.length === 1 ? gate : 200));
  const name = await scheduler.createJob("j", target.url);
  await scheduler.client.runJob({ name });
  await target.received(1);
  await scheduler.passWithoutWaiting(3 * MINUTE_MS);
  return { name, target, release };
}

test("executes once for all times that passed during an execution", async () => {
  const { target, release } = await startLongExecution();
  expect(target.calls).toHaveLength(1);
  release(200);
  await scheduler.pass(0);
  expect(target.calls).toHaveLength(2);
});

test("does not catch up when a job is paused during its execution", async () => {
  const { name, target, release } = await startLongExecution();
  await scheduler.client.pauseJob({ name });
  release(200);
  await scheduler.pass(0);
  expect(target.calls).toHaveLength(1);
});
