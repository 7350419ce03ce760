import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createHttpSender } from "../http/http-post.ts";
import { until } from "../test/http-target.ts";
import type { TestScheduler } from "../test/scheduler.ts";
import { startTestScheduler } from "../test/scheduler.ts";
import { JobDispatcher } from "./dispatch.ts";
import { completeSettings } from "./settings.ts";

let scheduler: TestScheduler;
beforeEach(async () => {
  scheduler = await startTestScheduler();
  // Half a minute from the next scheduled time, so that no job starts in real time.
  await scheduler.goTo("12:00:30");
});
afterEach(() => scheduler.close());

test("shows the next execution of a job, and a running one", async () => {
  let release = (_: number) => undefined as void;
  const target = await scheduler.target(
    () =>
      new Promise<number>(resolve => {
        release = resolve;
      }),
  );
  const name = await scheduler.createJob("j", target.url);
  const { scheduleTime } = await scheduler.get(name);
  const status = () => scheduler.service.status().jobs[0];
  expect(status()).toMatchObject({ nextMs: Number(scheduleTime?.seconds) * 1000, running: false });
  await scheduler.client.runJob({ name });
  await target.received(1);
  expect(status()?.running).toBe(true);
  expect(scheduler.service.idle()).toBe(false);
  release(200);
  await scheduler.service.settle();
  expect(status()?.running).toBe(false);
});

test("reports an unreachable target as unavailable, a silent one as late", async () => {
  const { clock, identity } = scheduler;
  const sender = createHttpSender();
  const dispatcher = new JobDispatcher({ clock, identity, sender });
  const attempt = (uri: string) => {
    const settings = {
      ...completeSettings({ schedule: "* * * * *", httpTarget: { uri } }),
      attemptDeadlineMs: 50,
    };
    return dispatcher.dispatch({ jobName: "j", settings, scheduleMs: clock.now() });
  };
  const silent = await scheduler.target(() => undefined);
  expect(await attempt("http://127.0.0.1:1/closed")).toMatchObject({
    code: 14,
    message: expect.stringContaining("ECONNREFUSED"),
  });
  expect(await attempt(silent.url)).toMatchObject({ code: 4 });
  sender.close();
});

test("cuts executions in flight when closed", async () => {
  let cut = false;
  const target = await scheduler.target((_, response) => {
    response.on("close", () => {
      cut = true;
    });
    return undefined;
  });
  const name = await scheduler.createJob("j", target.url);
  await scheduler.client.runJob({ name });
  await target.received(1);
  scheduler.service.close();
  await until(() => cut, "the connection to be cut");
});
