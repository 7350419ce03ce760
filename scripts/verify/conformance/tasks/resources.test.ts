import { beforeEach, expect, test } from "@jest/globals";
import { DAY_MS, MINUTE_MS } from "../../../../shared/values/durations.ts";
import { tasksUnderTest } from "./test-target.ts";

const tasks = tasksUnderTest();

const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const FAILED_PRECONDITION = 9;
const URL = "http://127.0.0.1:1/";

let queue: string;
beforeEach(async () => {
  queue = await tasks.createQueue("q");
});

const httpRequest = { url: URL, httpMethod: "POST" as const };

test("refuses a task's name until an hour after its end", async () => {
  const target = await tasks.target();
  await tasks.createTask(queue, target.url, { id: "one", delayMs: MINUTE_MS });
  const again = () => tasks.createTask(queue, target.url, { id: "one" });
  await expect(again()).rejects.toMatchObject({ code: ALREADY_EXISTS });
  await tasks.pass(2 * MINUTE_MS);
  expect(target.calls).toHaveLength(1);
  await expect(again()).rejects.toMatchObject({
    code: ALREADY_EXISTS,
    details: "The task cannot be created because a task with this name existed too recently.",
  });
  await tasks.pass(58 * MINUTE_MS);
  await expect(again()).rejects.toMatchObject({ code: ALREADY_EXISTS });
  await tasks.pass(2 * MINUTE_MS);
  await again();
  await tasks.pass(0);
  expect(target.calls).toHaveLength(2);
});

test("refuses the name of a deleted task", async () => {
  const { name } = await tasks.createTask(queue, URL, { id: "one", delayMs: MINUTE_MS });
  await tasks.client.deleteTask({ name });
  await expect(tasks.client.getTask({ name })).rejects.toMatchObject({ code: NOT_FOUND });
  await expect(tasks.createTask(queue, URL, { id: "one" })).rejects.toMatchObject({ code: ALREADY_EXISTS });
});

test("generates a name when a task has none", async () => {
  const names = [];
  for (let count = 0; count < 3; count += 1) {
    names.push((await tasks.createTask(queue, URL, { delayMs: MINUTE_MS })).name);
  }
  expect(new Set(names).size).toBe(3);
  expect(names.every(name => name.startsWith(`${queue}/tasks/`))).toBe(true);
});

test("shows a task's body only in the full view", async () => {
  const target = await tasks.target(() => 500);
  const { name } = await tasks.createTask(queue, target.url, {
    httpRequest: { ...httpRequest, url: target.url, body: Buffer.from("secret") },
  });
  await tasks.pass(0);
  const [basic] = await tasks.client.getTask({ name });
  expect(basic).toMatchObject({
    view: "BASIC",
    lastAttempt: { responseStatus: { message: "HTTP status code 500" } },
  });
  expect(basic.dispatchCount).toBeGreaterThanOrEqual(1);
  expect(basic.httpRequest?.body?.length).toBe(0);
  const [[full]] = await tasks.client.listTasks({ parent: queue, responseView: "FULL" });
  expect(full?.httpRequest?.body?.toString()).toBe("secret");
});

test("refuses a task when its queue is missing or deleted", async () => {
  await expect(tasks.createTask(`${tasks.location}/queues/missing`, URL)).rejects.toMatchObject({
    code: NOT_FOUND,
    details: expect.stringContaining("Queue does not exist."),
  });
  await tasks.client.deleteQueue({ name: queue });
  await expect(tasks.createTask(queue, URL)).rejects.toMatchObject({ code: FAILED_PRECONDITION });
  await expect(tasks.createQueue("q")).rejects.toMatchObject({ code: FAILED_PRECONDITION });
});

test.each<[string, object, number]>([
  ["a schedule time more than 30 days ahead", { delayMs: 30 * DAY_MS + MINUTE_MS }, INVALID_ARGUMENT],
  ["a dispatch deadline below 15 s", { dispatchDeadline: { seconds: 14 } }, INVALID_ARGUMENT],
  ["a dispatch deadline above 30 min", { dispatchDeadline: { seconds: 1801 } }, INVALID_ARGUMENT],
  ["a body above 100 KB", { httpRequest: { ...httpRequest, body: Buffer.alloc(102_401) } }, INVALID_ARGUMENT],
  [
    "a body in a GET",
    { httpRequest: { url: URL, httpMethod: "GET", body: Buffer.from("x") } },
    INVALID_ARGUMENT,
  ],
  ["a URL without http", { httpRequest: { url: "ftp://x" } }, INVALID_ARGUMENT],
  ["no request at all", { httpRequest: null }, INVALID_ARGUMENT],
  ["a name with a dot", { id: "a.b" }, INVALID_ARGUMENT],
  ["a name of 501 characters", { id: "x".repeat(501) }, INVALID_ARGUMENT],
  [
    "a name in another queue",
    { name: "projects/demo-test/locations/local/queues/other/tasks/x" },
    INVALID_ARGUMENT,
  ],
])("refuses a task with %s", async (_, task, code) => {
  await expect(tasks.createTask(queue, URL, task)).rejects.toMatchObject({ code });
});

test("accepts a task 30 days ahead and a body of 100 KB", async () => {
  await tasks.createTask(queue, URL, { delayMs: 30 * DAY_MS - MINUTE_MS });
  await tasks.createTask(queue, URL, { httpRequest: { ...httpRequest, body: Buffer.alloc(102_400) } });
});

test("creates a queue once with Google's defaults and lists the queue", async () => {
  await expect(tasks.createQueue("q")).rejects.toMatchObject({ code: ALREADY_EXISTS });
  await expect(tasks.createQueue("no_underscore")).rejects.toMatchObject({ code: INVALID_ARGUMENT });
  await tasks.createQueue("a");
  const [queues] = await tasks.client.listQueues({ parent: tasks.location });
  expect(queues.map(({ name }) => name)).toEqual([`${tasks.location}/queues/a`, queue]);
  expect(queues[0]).toMatchObject({
    state: "RUNNING",
    rateLimits: { maxDispatchesPerSecond: 500, maxBurstSize: 100, maxConcurrentDispatches: 1000 },
    retryConfig: {
      maxAttempts: 100,
      maxDoublings: 16,
      minBackoff: { nanos: 100_000_000 },
      maxBackoff: { seconds: "3600" },
    },
  });
});

test("changes only the queue settings that the mask names", async () => {
  await tasks.client.updateQueue({
    queue: { name: queue, retryConfig: { maxAttempts: 7, maxDoublings: 1 } },
    updateMask: { paths: ["retry_config.max_attempts"] },
  });
  const [changed] = await tasks.client.getQueue({ name: queue });
  expect(changed.retryConfig).toMatchObject({ maxAttempts: 7, maxDoublings: 16 });
  await expect(
    tasks.client.updateQueue({ queue: { name: queue }, updateMask: { paths: ["state"] } }),
  ).rejects.toMatchObject({ code: INVALID_ARGUMENT });
});

test("creates a missing queue by an update, but no deleted one", async () => {
  const name = `${tasks.location}/queues/fresh`;
  await tasks.client.updateQueue({ queue: { name, retryConfig: { maxAttempts: 7 } } });
  expect((await tasks.client.getQueue({ name }))[0].retryConfig).toMatchObject({ maxAttempts: 7 });
  await tasks.client.deleteQueue({ name });
  const again = tasks.client.updateQueue({ queue: { name } });
  await expect(again).rejects.toMatchObject({ code: FAILED_PRECONDITION });
});
