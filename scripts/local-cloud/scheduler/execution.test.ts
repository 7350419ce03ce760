import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createHttpSender } from "../http/http-post.ts";
import { until } from "../test/http-target.ts";
import type { TestScheduler } from "../test/scheduler.ts";
import { startTestScheduler } from "../test/scheduler.ts";
import { createDispatcher } from "./dispatch.ts";
import { completeSettings } from "./settings.ts";

let scheduler: TestScheduler;
beforeEach(async () => {
  scheduler = await startTestScheduler();
  // Far from a full minute, so that none passes in real time.
  await scheduler.goTo("12:00:30");
});
afterEach(() => scheduler.close());

test("shows when a job runs next, and that it is running", async () => {
  let release = (_: number) => undefined as void;
  const target = await scheduler.target(
    () =>
      new Promise<number>(resolve => {
        release = resolve;
      }),
  );
  const name = await scheduler.createJob("j", target.url);
  const { scheduleTime } = await scheduler.get(name);
  const shown = () => scheduler.service.status().jobs[0];
  expect(shown()).toMatchObject({ nextMs: Number(scheduleTime?.seconds) * 1000, running: false });
  await scheduler.client.runJob({ name });
  await target.received(1);
  expect(shown()?.running).toBe(true);
  expect(scheduler.service.idle()).toBe(false);
  release(200);
  await scheduler.service.settle();
  expect(shown()?.running).toBe(false);
});

test("takes a target that cannot be reached for unavailable, and a silent one for a missed deadline", async () => {
  const { clock, identity } = scheduler;
  const sender = createHttpSender();
  const { dispatch } = createDispatcher({ clock, identity, sender });
  const attempt = (uri: string) => {
    const settings = {
      ...completeSettings({ schedule: "* * * * *", httpTarget: { uri } }),
      attemptDeadlineMs: 50,
    };
    return dispatch({ jobName: "j", settings, scheduleMs: clock.now() });
  };
  const silent = await scheduler.target(() => undefined);
  expect(await attempt("http://127.0.0.1:1/nobody")).toMatchObject({
    code: 14,
    message: expect.stringContaining("ECONNREFUSED"),
  });
  expect(await attempt(silent.url)).toMatchObject({ code: 4 });
  sender.close();
});

test("cuts what is under way when it is closed", async () => {
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
