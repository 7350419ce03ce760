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

test("a task's name is taken once, and not again for an hour after the task ended", async () => {
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

test("the name of a deleted task stays taken too", async () => {
  const { name } = await tasks.createTask(queue, URL, { id: "one", delayMs: MINUTE_MS });
  await tasks.client.deleteTask({ name });
  await expect(tasks.client.getTask({ name })).rejects.toMatchObject({ code: NOT_FOUND });
  await expect(tasks.createTask(queue, URL, { id: "one" })).rejects.toMatchObject({ code: ALREADY_EXISTS });
});

test("a task without a name gets one of its own", async () => {
  const names = [];
  for (let count = 0; count < 3; count += 1) {
    names.push((await tasks.createTask(queue, URL, { delayMs: MINUTE_MS })).name);
  }
  expect(new Set(names).size).toBe(3);
  expect(names.every(name => name.startsWith(`${queue}/tasks/`))).toBe(true);
});

test("a task's body is shown only in the full view, and its last attempt in both", async () => {
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

test("a task for a queue that does not exist, or no longer does, is refused", async () => {
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
])("a task with %s is refused", async (_, task, code) => {
  await expect(tasks.createTask(queue, URL, task)).rejects.toMatchObject({ code });
});

test("a task 30 days ahead is taken, and one of 100 KB", async () => {
  await tasks.createTask(queue, URL, { delayMs: 30 * DAY_MS - MINUTE_MS });
  await tasks.createTask(queue, URL, { httpRequest: { ...httpRequest, body: Buffer.alloc(102_400) } });
});

test("a queue is created once, with Google's defaults, and listed in its location", async () => {
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

test("an update changes only the settings that the mask names", async () => {
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

test("an update creates a queue that does not exist, but none that was deleted", async () => {
  const name = `${tasks.location}/queues/fresh`;
  await tasks.client.updateQueue({ queue: { name, retryConfig: { maxAttempts: 7 } } });
  expect((await tasks.client.getQueue({ name }))[0].retryConfig).toMatchObject({ maxAttempts: 7 });
  await tasks.client.deleteQueue({ name });
  const again = tasks.client.updateQueue({ queue: { name } });
  await expect(again).rejects.toMatchObject({ code: FAILED_PRECONDITION });
});
