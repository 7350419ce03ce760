import { expect, test } from "@jest/globals";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../../shared/values/durations.ts";
import { schedulerUnderTest } from "./test-target.ts";

// The tests start in the middle of a minute, so no full minute passes in real time.
const scheduler = schedulerUnderTest("12:00:30");

/** Starts a target that records the time of each call and answers with the given statuses in turn. */
async function timedTarget(statuses: readonly number[] = []) {
  const atMs: number[] = [];
  const target = await scheduler.target(() => {
    atMs.push(scheduler.nowMs());
    return statuses[atMs.length - 1] ?? 200;
  });
  return { target, atMs };
}

/** Starts a target that answers its first call only after `release`. */
async function heldTarget() {
  let release = (_: number) => undefined as void;
  const gate = new Promise<number>(resolve => {
    release = resolve;
  });
  const target = await scheduler.target(() => (target.calls.length === 1 ? gate : 200));
  return { target, release };
}

/** Returns the second within its minute of each time. */
const secondsOf = (atMs: readonly number[]) => atMs.map(ms => Math.floor((ms % MINUTE_MS) / SECOND_MS));

test("executes a job with all headers and an OIDC token", async () => {
  const target = await scheduler.target();
  const uri = `${target.url}/sweep?full=1`;
  const name = await scheduler.createJob("sweep", uri, {
    httpTarget: {
      uri,
      httpMethod: "PUT",
      body: Buffer.from("{}"),
      headers: {
        "X-Own": "yes",
        "X-CloudScheduler-JobName": "forged",
        Host: "forged",
        Authorization: "forged",
      },
      oidcToken: { serviceAccountEmail: "invoker@demo-test.iam.gserviceaccount.com" },
    },
  });
  const { scheduleTime } = await scheduler.get(name);
  await scheduler.pass(MINUTE_MS);

  const [call] = target.calls;
  expect(call).toMatchObject({ method: "PUT", path: "/sweep?full=1", body: "{}" });
  expect(call?.headers).toMatchObject({
    "x-own": "yes",
    host: target.url.slice("http://".length),
    "content-type": "application/octet-stream",
    "user-agent": "Google-Cloud-Scheduler",
    "x-cloudscheduler": "true",
    "x-cloudscheduler-jobname": "sweep",
    "x-cloudscheduler-scheduletime": new Date(Number(scheduleTime?.seconds) * 1000).toISOString(),
  });
  const token = call?.headers.authorization?.replace("Bearer ", "") ?? "";
  expect(await scheduler.claims(token, uri)).toMatchObject({
    aud: uri,
    email: "invoker@demo-test.iam.gserviceaccount.com",
  });
});

test("executes a job at every time of its schedule in UTC", async () => {
  const { target, atMs } = await timedTarget();
  await scheduler.goTo("08:30:30");
  await scheduler.createJob("j", target.url, { schedule: "*/20 9-10 * * *" });
  await scheduler.pass(24 * HOUR_MS);
  const times = target.calls.map(({ headers }) => String(headers["x-cloudscheduler-scheduletime"]));
  expect(times.map(time => time.slice(11))).toEqual(
    ["09:00", "09:20", "09:40", "10:00", "10:20", "10:40"].map(time => `${time}:00.000Z`),
  );
  for (const [place, time] of times.entries()) {
    expect((atMs[place] ?? 0) - Date.parse(time)).toBeGreaterThanOrEqual(0);
    expect((atMs[place] ?? 0) - Date.parse(time)).toBeLessThan(SECOND_MS);
  }
});

test("shows the next time, the last attempt and its status", async () => {
  const { target } = await timedTarget([200, 503, 404, 302]);
  const name = await scheduler.createJob("j", target.url);
  const fresh = await scheduler.get(name);
  expect(fresh).toMatchObject({ state: "ENABLED", timeZone: "Etc/UTC", schedule: "* * * * *" });
  expect(fresh.status).toBeNull();
  const nextMs = Number(fresh.scheduleTime?.seconds) * 1000;
  expect(nextMs % MINUTE_MS).toBe(0);
  expect(nextMs - scheduler.nowMs()).toBeLessThanOrEqual(MINUTE_MS);
  const codes: unknown[] = [];
  for (let count = 0; count < 4; count += 1) {
    await scheduler.pass(MINUTE_MS);
    codes.push((await scheduler.get(name)).status?.code);
  }
  expect(codes).toEqual([0, 14, 5, 2]);
  const last = await scheduler.get(name);
  expect(last.status?.message).toBe("HTTP status code 302");
  expect(Number(last.lastAttemptTime?.seconds) * 1000).toBe(nextMs + 3 * MINUTE_MS);
  expect(Number(last.scheduleTime?.seconds) * 1000).toBe(nextMs + 4 * MINUTE_MS);
});

test("does not retry a failed execution when retry count is missing", async () => {
  const { target, atMs } = await timedTarget([500, 500, 500]);
  await scheduler.createJob("j", target.url, { retryConfig: { maxRetryDuration: { seconds: 60 } } });
  await scheduler.pass(3 * MINUTE_MS);
  expect(secondsOf(atMs)).toEqual([0, 0, 0]);
});

test("retries with the job's backoff and shows the next attempt's time", async () => {
  const { target, atMs } = await timedTarget([500, 500, 500, 500, 500, 500, 500]);
  await scheduler.goTo("08:58:00");
  const name = await scheduler.createJob("j", target.url, {
    schedule: "0 9 * * *",
    retryConfig: {
      retryCount: 5,
      minBackoffDuration: { seconds: 10 },
      maxBackoffDuration: { seconds: 70 },
      maxDoublings: 1,
    },
  });
  await scheduler.pass(2 * MINUTE_MS + 5 * SECOND_MS);
  const { scheduleTime } = await scheduler.get(name);
  expect(Number(scheduleTime?.seconds)).toBe(Math.floor((atMs[0] ?? 0) / 1000) + 10);
  await scheduler.pass(HOUR_MS);
  const waits = atMs.slice(1).map((ms, place) => Math.round((ms - (atMs[place] ?? 0)) / SECOND_MS));
  expect(waits).toEqual([10, 20, 40, 60, 70]);
  const times = target.calls.map(({ headers }) => headers["x-cloudscheduler-scheduletime"]);
  expect(new Set(times).size).toBe(1);
});

test("retries until both the count and the time limit are reached", async () => {
  const { target } = await timedTarget(Array(99).fill(500));
  await scheduler.goTo("08:58:00");
  const minBackoffDuration = { seconds: 10 };
  const maxBackoffDuration = { seconds: 10 };
  for (const [place, seconds] of [0, 15, 35].entries()) {
    const retryConfig = {
      retryCount: 2,
      maxRetryDuration: { seconds },
      minBackoffDuration,
      maxBackoffDuration,
    };
    await scheduler.createJob(`j${place}`, `${target.url}/${seconds}`, {
      schedule: "0 9 * * *",
      retryConfig,
    });
  }
  await scheduler.pass(HOUR_MS);
  const attemptsWithin = (seconds: number) =>
    target.calls.filter(({ path }) => path === `/${seconds}`).length;
  // The count allows attempts at 0, 10 and 20 s. The limit of 35 s also allows attempts until 40 s.
  expect([0, 15, 35].map(attemptsWithin)).toEqual([3, 3, 5]);
});

test("drops a retry when the next scheduled start comes first", async () => {
  const { target, atMs } = await timedTarget([500, 500, 500, 200]);
  const name = await scheduler.createJob("j", target.url, {
    retryConfig: { retryCount: 5, minBackoffDuration: { seconds: 25 } },
  });
  await scheduler.pass(MINUTE_MS);
  expect(Number((await scheduler.get(name)).scheduleTime?.seconds) % 60).toBe(0);
  await scheduler.pass(2 * MINUTE_MS);
  // A retry follows after 25 s. The next one, 50 s later, would be after the next full minute.
  expect(secondsOf(atMs)).toEqual([0, 25, 0, 25, 0]);
});

test("runs a job on demand, also paused, after the running execution", async () => {
  const { target, release } = await heldTarget();
  const name = await scheduler.createJob("j", target.url, { schedule: "0 0 1 1 *" });
  await scheduler.client.pauseJob({ name });
  await scheduler.client.runJob({ name });
  await scheduler.client.runJob({ name });
  await target.received(1);
  release(500);
  await scheduler.pass(0);
  expect(target.calls).toHaveLength(2);
});

test("skips times while a job is paused, continues when resumed", async () => {
  const { target } = await timedTarget();
  const name = await scheduler.createJob("j", target.url);
  expect((await scheduler.client.pauseJob({ name }))[0].state).toBe("PAUSED");
  await scheduler.pass(10 * MINUTE_MS);
  expect(target.calls).toHaveLength(0);
  expect((await scheduler.client.resumeJob({ name }))[0].state).toBe("ENABLED");
  await scheduler.pass(0);
  expect(target.calls).toHaveLength(0);
  await scheduler.pass(2 * MINUTE_MS);
  expect(target.calls).toHaveLength(2);
});

test("executes an updated job by its new schedule, a deleted one never", async () => {
  const { target } = await timedTarget();
  const deleted = await scheduler.createJob("deleted", `${target.url}/deleted`);
  const changed = await scheduler.createJob("changed", `${target.url}/changed`);
  await scheduler.client.deleteJob({ name: deleted });
  await scheduler.client.updateJob({ job: { name: changed, schedule: "30 12 * * *" } });
  await scheduler.pass(HOUR_MS);
  expect(target.calls.map(({ path }) => path)).toEqual(["/changed"]);
});
