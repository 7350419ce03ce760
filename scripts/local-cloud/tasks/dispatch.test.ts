import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { until } from "../test/http-target.ts";
import type { TestTasks } from "../test/tasks.ts";
import { startTestTasks } from "../test/tasks.ts";

let tasks: TestTasks;
beforeEach(async () => {
  tasks = await startTestTasks();
});
afterEach(() => tasks.close());

test("shows how many tasks a queue has, how many are under way, and why the last one failed", async () => {
  const shown = () => tasks.service.status().queues[0];
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
  expect(shown()).toMatchObject({ tasks: 1, inFlight: 1 });
  expect(tasks.service.idle()).toBe(false);
  answer(500);
  await tasks.service.settle();
  expect(shown()).toMatchObject({ tasks: 1, inFlight: 0, lastError: { reason: "HTTP status code 500" } });

  await tasks.createTask(queue, "http://127.0.0.1:1/nobody");
  await tasks.service.settle();
  expect(shown()?.lastError?.reason).toContain("ECONNREFUSED");
});

test("does not wait for a paused queue", async () => {
  const queue = await tasks.createQueue("q");
  await tasks.client.pauseQueue({ name: queue });
  await tasks.createTask(queue, "http://127.0.0.1:1/nobody");
  await tasks.service.settle();
  expect(tasks.service.status().queues[0]).toMatchObject({ tasks: 1, inFlight: 0 });
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
