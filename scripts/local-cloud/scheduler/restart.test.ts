import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { MINUTE_MS } from "../durations.ts";
import type { HttpTarget } from "../test/http-target.ts";
import { startTarget } from "../test/http-target.ts";
import type { TestScheduler } from "../test/scheduler.ts";
import { startTestScheduler } from "../test/scheduler.ts";

let folder: string;
let scheduler: TestScheduler;
/** The target of all jobs; a restart of the service keeps the target. */
let target: HttpTarget;
let status: number | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pulsecart-scheduler-"));
  status = 200;
  target = await startTarget(() => status);
  scheduler = await startTestScheduler(folder);
  // Half a minute from the next scheduled time, so that no job starts in real time.
  await scheduler.goTo("12:00:30");
});
afterEach(async () => {
  await scheduler.close();
  await target.close();
  await rm(folder, { recursive: true });
});

/** Ends the service with its work in flight, lets time pass, and starts another one on the same folder. */
async function restart(downMs = 0): Promise<void> {
  scheduler.service.close();
  await scheduler.clock.advance(downMs, async () => undefined);
  await scheduler.close();
  target.calls.length = 0;
  scheduler = await startTestScheduler(folder);
}

test("keeps a job with its last and next time over a restart", async () => {
  status = 503;
  const name = await scheduler.createJob("j", target.url, { schedule: "*/5 * * * *", description: "kept" });
  await scheduler.advance(5 * MINUTE_MS);
  const before = await scheduler.get(name);
  expect(before.status?.code).toBe(14);
  await restart();
  expect(await scheduler.get(name)).toEqual(before);
  expect(target.calls).toHaveLength(0);
  await scheduler.advance(5 * MINUTE_MS);
  expect(target.calls).toHaveLength(1);
});

test("executes missed times once after a restart, unless paused", async () => {
  await scheduler.createJob("enabled", `${target.url}/enabled`);
  const paused = await scheduler.createJob("paused", `${target.url}/paused`);
  await scheduler.client.pauseJob({ name: paused });
  await restart(10 * MINUTE_MS);
  await scheduler.service.settle();
  expect(target.calls.map(({ path }) => path)).toEqual(["/enabled"]);
  expect((await scheduler.get(paused)).state).toBe("PAUSED");
  await scheduler.advance(MINUTE_MS);
  expect(target.calls.map(({ path }) => path)).toEqual(["/enabled", "/enabled"]);
});

test("repeats unfinished executions after a restart", async () => {
  status = undefined;
  const name = await scheduler.createJob("j", target.url, { schedule: "0 0 1 1 *" });
  await scheduler.client.runJob({ name });
  await scheduler.client.runJob({ name });
  await target.received(1);
  await restart();
  status = 200;
  await restart();
  await scheduler.service.settle();
  expect(target.calls).toHaveLength(2);
  await restart();
  await scheduler.service.settle();
  expect(target.calls).toHaveLength(0);
});

test("retries a due execution after a restart, but no deleted job", async () => {
  status = 500;
  const retryConfig = { retryCount: 3, minBackoffDuration: { seconds: 120 } };
  const job = { schedule: "0 0 1 1 *", retryConfig };
  const failing = await scheduler.createJob("failing", `${target.url}/failing`, job);
  const deleted = await scheduler.createJob("deleted", `${target.url}/deleted`);
  await scheduler.client.deleteJob({ name: deleted });
  await scheduler.client.runJob({ name: failing });
  await scheduler.service.settle();
  await restart(MINUTE_MS);
  await scheduler.service.settle();
  expect(target.calls).toHaveLength(0);
  await scheduler.advance(MINUTE_MS);
  expect(target.calls.map(({ path }) => path)).toEqual(["/failing"]);
});
