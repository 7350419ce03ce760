import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { HOUR_MS, MINUTE_MS } from "../durations.ts";
import type { HttpTarget } from "../test/http-target.ts";
import { startTarget } from "../test/http-target.ts";
import type { TestTasks } from "../test/tasks.ts";
import { startTestTasks } from "../test/tasks.ts";

const ALREADY_EXISTS = 6;
const FAILED_PRECONDITION = 9;

let folder: string;
let tasks: TestTasks;
/** The target of all tasks; a restart of the service keeps the target. */
let target: HttpTarget;
let status: number | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pulsecart-tasks-"));
  status = 200;
  target = await startTarget(() => status);
  tasks = await startTestTasks(undefined, folder);
});
afterEach(async () => {
  await tasks.close();
  await target.close();
  await rm(folder, { recursive: true });
});

/** Ends the service with its work in flight, and starts another one on the same folder. */
async function restart(): Promise<void> {
  await tasks.close();
  target.calls.length = 0;
  tasks = await startTestTasks(undefined, folder);
}

test("dispatches overdue and interrupted tasks after a restart", async () => {
  status = undefined;
  const queue = await tasks.createQueue("q");
  const body = Buffer.from("the body");
  const httpRequest = { url: `${target.url}/under-way`, httpMethod: "POST", body } as const;
  await tasks.createTask(queue, "", { httpRequest });
  await target.received(1);
  const later = await tasks.createTask(queue, `${target.url}/later`, { delayMs: HOUR_MS });
  await tasks.createTask(queue, `${target.url}/due`, { delayMs: MINUTE_MS });
  // Time passes while the service is down: only the clock moves and is stored.
  await tasks.close();
  tasks = await startTestTasks(undefined, folder);
  tasks.service.close();
  await tasks.clock.advance(2 * MINUTE_MS, async () => undefined);
  status = 200;
  await restart();
  await target.received(2);
  await tasks.service.settle();
  expect(target.calls.map(({ path, body: sent }) => [path, sent])).toEqual([
    ["/under-way", "the body"],
    ["/due", ""],
  ]);
  const [kept] = await tasks.client.getTask({ name: later.name });
  expect(kept.scheduleTime).toEqual(later.scheduleTime);
  await tasks.advance(HOUR_MS);
  expect(target.calls.map(({ path }) => path)).toEqual(["/under-way", "/due", "/later"]);
});

test("continues counting attempts and its backoff after a restart", async () => {
  status = 503;
  const queue = await tasks.createQueue("q", { retryConfig: { minBackoff: { seconds: 60 } } });
  await tasks.createTask(queue, target.url);
  await tasks.service.settle();
  await restart();
  await tasks.service.settle();
  expect(target.calls).toHaveLength(0);
  await tasks.advance(MINUTE_MS);
  expect(target.calls[0]?.headers).toMatchObject({
    "x-cloudtasks-taskretrycount": "1",
    "x-cloudtasks-taskpreviousresponse": "503",
  });
});

test("keeps settings and a pause over a restart", async () => {
  const queue = await tasks.createQueue("q", { retryConfig: { maxAttempts: 7 } });
  await tasks.client.pauseQueue({ name: queue });
  await tasks.createTask(queue, target.url);
  await restart();
  await tasks.service.settle();
  expect(target.calls).toHaveLength(0);
  const [kept] = await tasks.client.getQueue({ name: queue });
  expect(kept).toMatchObject({ state: "PAUSED", retryConfig: { maxAttempts: 7 } });
  await tasks.client.resumeQueue({ name: queue });
  await tasks.service.settle();
  expect(target.calls).toHaveLength(1);
});

test("keeps blocked names and the time of a purge over a restart", async () => {
  const queue = await tasks.createQueue("q");
  await tasks.createTask(queue, target.url, { id: "done" });
  await tasks.service.settle();
  await tasks.createTask(queue, target.url, { id: "purged", delayMs: HOUR_MS });
  const [purged] = await tasks.client.purgeQueue({ name: queue });
  const deleted = await tasks.createQueue("deleted");
  await tasks.createTask(deleted, target.url, { delayMs: HOUR_MS });
  await tasks.client.deleteQueue({ name: deleted });
  await restart();
  for (const id of ["done", "purged"]) {
    await expect(tasks.createTask(queue, target.url, { id })).rejects.toMatchObject({ code: ALREADY_EXISTS });
  }
  await expect(tasks.createQueue("deleted")).rejects.toMatchObject({ code: FAILED_PRECONDITION });
  const [kept] = await tasks.client.getQueue({ name: queue });
  expect(kept.purgeTime).toEqual(purged.purgeTime);
  await tasks.advance(2 * HOUR_MS);
  expect(target.calls).toHaveLength(0);
  await tasks.createTask(queue, target.url, { id: "done" });
});
