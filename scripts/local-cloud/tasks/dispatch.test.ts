import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { until } from "../test/http-target.ts";
import type { TestTasks } from "../test/tasks.ts";
import { startTestTasks } from "../test/tasks.ts";

let tasks: TestTasks;
beforeEach(async () => {
  tasks = await startTestTasks();
});
afterEach(() => tasks.close());

test("shows tasks, dispatches in flight and the last failure", async () => {
  const status = () => tasks.service.status().queues[0];
  let answer = (_: number) => undefined as void;
  const target = await tasks.target(
    () =>
      new Promise<number>(resolve => {
        answer = resolve;
      }),
  );
  const queue = await tasks.createQueue("q", {
    retryConfig: { maxAttempts: 2, minBackoff: { seconds: 10 } },
  });
  await tasks.createTask(queue, target.url);
  await target.received(1);
  expect(status()).toMatchObject({ tasks: 1, inFlight: 1 });
  expect(tasks.service.idle()).toBe(false);
  answer(500);
  await tasks.service.settle();
  expect(status()).toMatchObject({ tasks: 1, inFlight: 0, lastError: { reason: "HTTP status code 500" } });

  await tasks.createTask(queue, "http://127.0.0.1:1/closed");
  await tasks.service.settle();
  expect(status()?.lastError?.reason).toContain("ECONNREFUSED");
});

test("is idle while a paused queue has tasks", async () => {
  const queue = await tasks.createQueue("q");
  await tasks.client.pauseQueue({ name: queue });
  await tasks.createTask(queue, "http://127.0.0.1:1/closed");
  await tasks.service.settle();
  expect(tasks.service.status().queues[0]).toMatchObject({ tasks: 1, inFlight: 0 });
});

test("is idle only after the tasks that its tasks create", async () => {
  const queue = await tasks.createQueue("q");
  const target = await tasks.target(async ({ path }) => {
    if (path.length < 5) await tasks.createTask(queue, `${target.url}${path}x`);
    return 204;
  });
  await tasks.createTask(queue, `${target.url}/`);
  await tasks.service.settle();
  expect(target.calls.map(({ path }) => path)).toEqual(["/", "/x", "/xx", "/xxx", "/xxxx"]);
});

test("cuts dispatches in flight when closed", async () => {
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
