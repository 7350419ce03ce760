import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createLocalJWKSet, jwtVerify } from "jose";
import { until } from "../http-target.ts";
import type { TestTasks } from "./test-tasks.ts";
import { startTestTasks } from "./test-tasks.ts";

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;

let tasks: TestTasks;
beforeEach(async () => {
  tasks = await startTestTasks();
});
afterEach(() => tasks.close());

test("calls the target with the task's own headers, Cloud Tasks' headers and a token", async () => {
  const target = await tasks.target();
  const queue = await tasks.createQueue("mails");
  const url = `${target.url}/send?to=a`;
  const task = await tasks.createTask(queue, url, {
    id: "cart_1-step-1",
    httpRequest: {
      url,
      httpMethod: "PUT",
      body: Buffer.from("{}"),
      headers: {
        "Content-Type": "application/json",
        "X-Own": "yes",
        "X-CloudTasks-QueueName": "forged",
        Host: "forged",
      },
      oidcToken: { serviceAccountEmail: "invoker@demo-test.iam.gserviceaccount.com" },
    },
  });
  await tasks.service.settle();

  const [call] = target.calls;
  expect(call).toMatchObject({ method: "PUT", path: "/send?to=a", body: "{}" });
  expect(call?.headers).toMatchObject({
    "content-type": "application/json",
    "x-own": "yes",
    host: target.url.slice("http://".length),
    "user-agent": "Google-Cloud-Tasks",
    "x-cloudtasks-queuename": "mails",
    "x-cloudtasks-taskname": "cart_1-step-1",
    "x-cloudtasks-taskretrycount": "0",
    "x-cloudtasks-taskexecutioncount": "0",
  });
  const etaMs = Number(call?.headers["x-cloudtasks-tasketa"]) * 1000;
  expect(Math.abs(etaMs - Number(task.scheduleTime?.seconds) * 1000)).toBeLessThanOrEqual(SECOND_MS);
  const token = call?.headers.authorization?.replace("Bearer ", "") ?? "";
  const { payload } = await jwtVerify(token, createLocalJWKSet(tasks.identity.jwks), { audience: url });
  expect(payload["email"]).toBe("invoker@demo-test.iam.gserviceaccount.com");
});

test("posts octets when the task says nothing else, without a token", async () => {
  const target = await tasks.target();
  await tasks.createTask(await tasks.createQueue("q"), target.url);
  await tasks.service.settle();
  expect(target.calls[0]).toMatchObject({
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
  });
  expect(target.calls[0]?.headers.authorization).toBeUndefined();
});

test("waits for the schedule time, by the clock, and runs tasks in the order of their times", async () => {
  const atMs: number[] = [];
  const target = await tasks.target(() => {
    atMs.push(tasks.clock.now());
    return 204;
  });
  const queue = await tasks.createQueue("q");
  const startMs = tasks.clock.now();
  await tasks.createTask(queue, `${target.url}/later`, { delayMs: 2 * HOUR_MS });
  await tasks.createTask(queue, `${target.url}/sooner`, { delayMs: HOUR_MS });
  await tasks.service.settle();
  expect(target.calls).toHaveLength(0);
  await tasks.advance(3 * HOUR_MS);
  expect(target.calls.map(({ path }) => path)).toEqual(["/sooner", "/later"]);
  const hours = atMs.map(ms => (ms - startMs) / HOUR_MS);
  expect(hours[0]).toBeGreaterThanOrEqual(1);
  expect(hours[0]).toBeLessThan(1.01);
  expect(hours[1]).toBeGreaterThanOrEqual(2);
  expect(hours[1]).toBeLessThan(2.01);
});

test("retries by the queue's backoff until a 2xx, and says which try it is", async () => {
  const atMs: number[] = [];
  const statuses = [500, 404, 302, 299];
  const target = await tasks.target(() => {
    atMs.push(tasks.clock.now());
    return statuses[atMs.length - 1] ?? 500;
  });
  const queue = await tasks.createQueue("q", {
    retryConfig: { minBackoff: { seconds: 10 }, maxBackoff: { seconds: 100 }, maxDoublings: 16 },
  });
  await tasks.createTask(queue, target.url);
  await tasks.service.settle();
  expect(tasks.service.status().queues[0]).toMatchObject({
    tasks: 1,
    lastError: { reason: "HTTP status code 500" },
  });
  await tasks.advance(HOUR_MS);
  expect(atMs.slice(1).map((ms, place) => Math.round((ms - (atMs[place] ?? 0)) / SECOND_MS))).toEqual([
    10, 20, 40,
  ]);
  const headerOf = (name: string) => target.calls.map(({ headers }) => headers[name]);
  expect(headerOf("x-cloudtasks-taskretrycount")).toEqual(["0", "1", "2", "3"]);
  expect(headerOf("x-cloudtasks-taskexecutioncount")).toEqual(["0", "0", "1", "2"]);
  expect(headerOf("x-cloudtasks-taskpreviousresponse")).toEqual([undefined, "500", "404", "302"]);
  expect(tasks.service.status().queues[0]).toMatchObject({ tasks: 0, inFlight: 0 });
});

test("gives a task up after the last attempt, and keeps on without a limit", async () => {
  const target = await tasks.target(() => 500);
  const retryConfig = { minBackoff: { seconds: 60 }, maxBackoff: { seconds: 60 } };
  const limited = await tasks.createQueue("limited", { retryConfig: { ...retryConfig, maxAttempts: 3 } });
  const unlimited = await tasks.createQueue("unlimited", {
    retryConfig: { ...retryConfig, maxAttempts: -1 },
  });
  await tasks.createTask(limited, `${target.url}/limited`);
  await tasks.createTask(unlimited, `${target.url}/unlimited`);
  await tasks.advance(150 * 60 * SECOND_MS);
  const count = (path: string) => target.calls.filter(call => call.path === path).length;
  expect(count("/limited")).toBe(3);
  expect(count("/unlimited")).toBeGreaterThan(100);
  expect(tasks.service.status().queues.map(queue => queue.tasks)).toEqual([0, 1]);
});

test("counts a target that cannot be reached as a failed attempt", async () => {
  const queue = await tasks.createQueue("q", { retryConfig: { maxAttempts: 1 } });
  await tasks.createTask(queue, "http://127.0.0.1:1/nobody");
  await tasks.service.settle();
  expect(tasks.service.status().queues[0]?.lastError?.reason).toContain("ECONNREFUSED");
  expect(tasks.service.status().queues[0]?.tasks).toBe(0);
});

test("has no more tasks under way than the queue allows", async () => {
  let release = (_: number) => undefined as void;
  const gate = new Promise<number>(resolve => {
    release = resolve;
  });
  const target = await tasks.target(() => gate);
  const queue = await tasks.createQueue("q", { rateLimits: { maxConcurrentDispatches: 2 } });
  for (const id of ["a", "b", "c"]) await tasks.createTask(queue, target.url, { id });
  await target.received(2);
  expect(tasks.service.status().queues[0]).toMatchObject({ tasks: 3, inFlight: 2 });
  expect(tasks.service.idle()).toBe(false);
  release(204);
  await tasks.service.settle();
  expect(target.calls).toHaveLength(3);
});

test("spreads dispatches over time at the queue's rate", async () => {
  const atMs: number[] = [];
  const target = await tasks.target(() => {
    atMs.push(tasks.clock.now());
    return 204;
  });
  const queue = await tasks.createQueue("q", { rateLimits: { maxDispatchesPerSecond: 20 } });
  for (let count = 0; count < 8; count += 1) await tasks.createTask(queue, target.url);
  await tasks.service.settle();
  expect(atMs).toHaveLength(8);
  // A burst of 4 at once, the other 4 at 20 a second: 200 ms, less what refilled while they were created.
  expect((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)).toBeGreaterThan(100);
});

test("holds tasks back while the queue is paused, and does not wait for them", async () => {
  const target = await tasks.target();
  const queue = await tasks.createQueue("q");
  await tasks.client.pauseQueue({ name: queue });
  await tasks.createTask(queue, target.url);
  await tasks.service.settle();
  expect(target.calls).toHaveLength(0);
  await tasks.client.resumeQueue({ name: queue });
  await tasks.service.settle();
  expect(target.calls).toHaveLength(1);
});

test("does not dispatch what was deleted or purged", async () => {
  const target = await tasks.target();
  const queue = await tasks.createQueue("q");
  const deleted = await tasks.createTask(queue, target.url, { delayMs: HOUR_MS });
  await tasks.client.deleteTask({ name: deleted.name });
  await tasks.createTask(queue, target.url, { delayMs: HOUR_MS });
  const [purged] = await tasks.client.purgeQueue({ name: queue });
  expect(Number(purged.purgeTime?.seconds)).toBeGreaterThan(0);
  await tasks.advance(2 * HOUR_MS);
  expect(target.calls).toHaveLength(0);
  expect(tasks.service.status().queues[0]?.tasks).toBe(0);
});

test("runs a task at once on demand, even on a paused queue", async () => {
  const target = await tasks.target();
  const queue = await tasks.createQueue("q");
  await tasks.client.pauseQueue({ name: queue });
  const { name } = await tasks.createTask(queue, target.url, { delayMs: HOUR_MS });
  await tasks.client.runTask({ name });
  await tasks.service.settle();
  expect(target.calls).toHaveLength(1);
  await expect(tasks.client.runTask({ name })).rejects.toMatchObject({ code: 5 });
});

test("settles only after what its tasks set off has run too", async () => {
  const queue = await tasks.createQueue("q");
  const target = await tasks.target(async ({ path }) => {
    if (path.length < 5) await tasks.createTask(queue, `${target.url}${path}x`);
    return 204;
  });
  await tasks.createTask(queue, `${target.url}/`);
  await tasks.service.settle();
  expect(target.calls.map(({ path }) => path)).toEqual(["/", "/x", "/xx", "/xxx", "/xxxx"]);
});

test("cuts what is under way when it is closed", async () => {
  let cut = false;
  const target = await tasks.target((_, response) => {
    response.on("close", () => {
      cut = true;
    });
    return undefined;
  });
  await tasks.createTask(await tasks.createQueue("q"), target.url);
  await target.received(1);
  tasks.service.close();
  await until(() => cut, "the connection to be cut");
});
