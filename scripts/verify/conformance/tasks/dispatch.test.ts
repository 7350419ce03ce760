import { expect, test } from "@jest/globals";
import { HOUR_MS, SECOND_MS } from "../../../../shared/values/durations.ts";
import { tasksUnderTest } from "./test-target.ts";

const tasks = tasksUnderTest();

test("posts a task with all headers and an OIDC token", async () => {
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
  await tasks.pass(0);

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
  expect(await tasks.claims(token, url)).toMatchObject({
    aud: url,
    email: "invoker@demo-test.iam.gserviceaccount.com",
  });
});

test("posts octets without a token when a task names nothing else", async () => {
  const target = await tasks.target();
  await tasks.createTask(await tasks.createQueue("q"), target.url);
  await tasks.pass(0);
  expect(target.calls[0]).toMatchObject({
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
  });
  expect(target.calls[0]?.headers.authorization).toBeUndefined();
});

test("runs tasks at their scheduleTime, the earliest first", async () => {
  const atMs: number[] = [];
  const target = await tasks.target(() => {
    atMs.push(tasks.nowMs());
    return 204;
  });
  const queue = await tasks.createQueue("q");
  const startMs = tasks.nowMs();
  await tasks.createTask(queue, `${target.url}/later`, { delayMs: 2 * HOUR_MS });
  await tasks.createTask(queue, `${target.url}/sooner`, { delayMs: HOUR_MS });
  await tasks.pass(0);
  expect(target.calls).toHaveLength(0);
  await tasks.pass(3 * HOUR_MS);
  expect(target.calls.map(({ path }) => path)).toEqual(["/sooner", "/later"]);
  const hours = atMs.map(ms => (ms - startMs) / HOUR_MS);
  expect(hours[0]).toBeGreaterThanOrEqual(1);
  expect(hours[0]).toBeLessThan(1.01);
  expect(hours[1]).toBeGreaterThanOrEqual(2);
  expect(hours[1]).toBeLessThan(2.01);
});

test("retries with the queue's backoff and names the attempt until 2xx", async () => {
  const atMs: number[] = [];
  const statuses = [500, 404, 302, 299];
  const target = await tasks.target(() => {
    atMs.push(tasks.nowMs());
    return statuses[atMs.length - 1] ?? 500;
  });
  const queue = await tasks.createQueue("q", {
    retryConfig: { minBackoff: { seconds: 10 }, maxBackoff: { seconds: 100 }, maxDoublings: 16 },
  });
  await tasks.createTask(queue, target.url);
  await tasks.pass(0);
  await tasks.pass(HOUR_MS);
  expect(atMs.slice(1).map((ms, place) => Math.round((ms - (atMs[place] ?? 0)) / SECOND_MS))).toEqual([
    10, 20, 40,
  ]);
  const headerOf = (name: string) => target.calls.map(({ headers }) => headers[name]);
  expect(headerOf("x-cloudtasks-taskretrycount")).toEqual(["0", "1", "2", "3"]);
  expect(headerOf("x-cloudtasks-taskexecutioncount")).toEqual(["0", "0", "1", "2"]);
  expect(headerOf("x-cloudtasks-taskpreviousresponse")).toEqual([undefined, "500", "404", "302"]);
  expect(await tasks.left(queue)).toEqual([]);
});

test("drops a task after maxAttempts, or never without a limit", async () => {
  const target = await tasks.target(() => 500);
  const retryConfig = { minBackoff: { seconds: 60 }, maxBackoff: { seconds: 60 } };
  const limited = await tasks.createQueue("limited", { retryConfig: { ...retryConfig, maxAttempts: 3 } });
  const unlimited = await tasks.createQueue("unlimited", {
    retryConfig: { ...retryConfig, maxAttempts: -1 },
  });
  await tasks.createTask(limited, `${target.url}/limited`);
  await tasks.createTask(unlimited, `${target.url}/unlimited`);
  await tasks.pass(150 * 60 * SECOND_MS);
  const count = (path: string) => target.calls.filter(call => call.path === path).length;
  expect(count("/limited")).toBe(3);
  expect(count("/unlimited")).toBeGreaterThan(100);
  expect([await tasks.left(limited), await tasks.left(unlimited)].map(left => left.length)).toEqual([0, 1]);
});

test("counts an unreachable target as a failed attempt", async () => {
  const queue = await tasks.createQueue("q", {
    retryConfig: { maxAttempts: 2, minBackoff: { seconds: 10 } },
  });
  const { name } = await tasks.createTask(queue, "http://127.0.0.1:1/nobody");
  await tasks.pass(0);
  const [task] = await tasks.client.getTask({ name });
  expect(task).toMatchObject({ dispatchCount: 1, responseCount: 0 });
  await tasks.pass(20 * SECOND_MS);
  expect(await tasks.left(queue)).toEqual([]);
});

test("runs at most maxConcurrentDispatches tasks at one time", async () => {
  let release = (_: number) => undefined as void;
  const gate = new Promise<number>(resolve => {
    release = resolve;
  });
  const target = await tasks.target(() => gate);
  const queue = await tasks.createQueue("q", { rateLimits: { maxConcurrentDispatches: 2 } });
  for (const id of ["a", "b", "c"]) await tasks.createTask(queue, target.url, { id });
  await target.received(2);
  expect(await tasks.left(queue)).toHaveLength(3);
  expect(target.calls).toHaveLength(2);
  release(204);
  await tasks.pass(0);
  expect(target.calls).toHaveLength(3);
});

test("spreads dispatches over time by the queue's maxDispatchesPerSecond", async () => {
  const atMs: number[] = [];
  const target = await tasks.target(() => {
    atMs.push(tasks.nowMs());
    return 204;
  });
  const queue = await tasks.createQueue("q", { rateLimits: { maxDispatchesPerSecond: 20 } });
  for (let count = 0; count < 8; count += 1) await tasks.createTask(queue, target.url);
  await tasks.pass(0);
  expect(atMs).toHaveLength(8);
  // Four tasks run at once, the other four at 20 a second: 200 ms. Tokens refill during the creation already.
  expect((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)).toBeGreaterThan(100);
});

test("holds all tasks while the queue is paused", async () => {
  const target = await tasks.target();
  const queue = await tasks.createQueue("q");
  await tasks.client.pauseQueue({ name: queue });
  await tasks.createTask(queue, target.url);
  await tasks.pass(0);
  expect(target.calls).toHaveLength(0);
  await tasks.client.resumeQueue({ name: queue });
  await tasks.pass(0);
  expect(target.calls).toHaveLength(1);
});

test("does not dispatch deleted or purged tasks", async () => {
  const target = await tasks.target();
  const queue = await tasks.createQueue("q");
  const deleted = await tasks.createTask(queue, target.url, { delayMs: HOUR_MS });
  await tasks.client.deleteTask({ name: deleted.name });
  await tasks.createTask(queue, target.url, { delayMs: HOUR_MS });
  const [purged] = await tasks.client.purgeQueue({ name: queue });
  expect(Number(purged.purgeTime?.seconds)).toBeGreaterThan(0);
  await tasks.pass(2 * HOUR_MS);
  expect(target.calls).toHaveLength(0);
  expect(await tasks.left(queue)).toEqual([]);
});

test("runs a task on demand, even when the queue is paused", async () => {
  const target = await tasks.target();
  const queue = await tasks.createQueue("q");
  await tasks.client.pauseQueue({ name: queue });
  const { name } = await tasks.createTask(queue, target.url, { delayMs: HOUR_MS });
  await tasks.client.runTask({ name });
  await tasks.pass(0);
  expect(target.calls).toHaveLength(1);
  await expect(tasks.client.runTask({ name })).rejects.toMatchObject({ code: 5 });
});
