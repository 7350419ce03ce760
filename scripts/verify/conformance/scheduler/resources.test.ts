import { expect, test } from "@jest/globals";
import { schedulerUnderTest } from "./test-target.ts";

const scheduler = schedulerUnderTest();

const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const FAILED_PRECONDITION = 9;
const URI = "http://127.0.0.1:1/";

test("creates a job once, with Google's defaults", async () => {
  const name = await scheduler.createJob("j", URI);
  expect(await scheduler.get(name)).toMatchObject({
    name,
    state: "ENABLED",
    httpTarget: { uri: URI, httpMethod: "POST" },
    timeZone: "Etc/UTC",
    attemptDeadline: { seconds: "180" },
    retryConfig: {
      minBackoffDuration: { seconds: "5" },
      maxBackoffDuration: { seconds: "3600" },
      maxDoublings: 5,
    },
    userUpdateTime: { seconds: expect.anything() },
  });
  await expect(scheduler.createJob("j", URI)).rejects.toMatchObject({ code: ALREADY_EXISTS });
});

test("generates a name when a job has none", async () => {
  const first = await scheduler.createJob("", URI, { name: "" });
  const second = await scheduler.createJob("", URI, { name: "" });
  expect(first).toMatch(/^projects\/demo-test\/locations\/local\/jobs\/\d+$/);
  expect(second).not.toBe(first);
});

const httpTarget = { uri: URI };

test.each<[string, object, string]>([
  ["no target", { httpTarget: undefined }, "httpTarget"],
  ["a URI without http", { httpTarget: { uri: "ftp://x" } }, "http://"],
  ["a URI of 2084 characters", { httpTarget: { uri: `http://x/${"a".repeat(2075)}` } }, "2083"],
  ["a body in a GET", { httpTarget: { ...httpTarget, httpMethod: "GET", body: Buffer.from("x") } }, "GET"],
  ["headers of 80 KB", { httpTarget: { ...httpTarget, headers: { a: "b".repeat(81_919) } } }, "81920"],
  ["no schedule", { schedule: "" }, "five fields"],
  ["a schedule in English", { schedule: "every 5 minutes" }, "five fields"],
  ["another time zone", { timeZone: "Europe/Berlin" }, "Etc/UTC"],
  ["six retries", { retryConfig: { retryCount: 6 } }, "between 0 and 5"],
  ["a negative retry count", { retryConfig: { retryCount: -1 } }, "between 0 and 5"],
  ["a deadline below 15 s", { attemptDeadline: { seconds: 14 } }, "between 15000"],
  ["a deadline above 30 min", { attemptDeadline: { seconds: 1801 } }, "1800000"],
  [
    "a minimum backoff above the maximum",
    { retryConfig: { minBackoffDuration: { seconds: 3601 } } },
    "3600000",
  ],
  ["a description of 501 characters", { description: "x".repeat(501) }, "500"],
  ["a name with a dot", { name: "projects/demo-test/locations/local/jobs/a.b" }, "letters"],
  ["a name elsewhere", { name: "projects/demo-test/locations/other/jobs/a" }, "location"],
])("refuses a job with %s and explains why", async (_, job, words) => {
  await expect(scheduler.createJob("j", URI, job)).rejects.toMatchObject({
    code: INVALID_ARGUMENT,
    details: expect.stringContaining(words),
  });
});

test.each(["UTC", "utc", "Etc/UTC", ""])("treats the time zone %p as UTC", async timeZone => {
  const name = await scheduler.createJob("j", URI, { timeZone });
  expect((await scheduler.get(name)).timeZone).toBe("Etc/UTC");
});

test("lists the jobs of a location page by page", async () => {
  for (const id of ["b", "c", "a"]) await scheduler.createJob(id, URI);
  const parent = scheduler.location;
  const list = async (request: object) => {
    const [, , answer] = await scheduler.client.listJobs({ parent, ...request }, { autoPaginate: false });
    return answer;
  };
  const first = await list({ pageSize: 2 });
  expect(first.jobs?.map(({ name }) => name)).toEqual([`${parent}/jobs/a`, `${parent}/jobs/b`]);
  const pageToken = first.nextPageToken ?? "";
  const second = await list({ pageSize: 2, pageToken });
  expect(second.jobs?.map(({ name }) => name)).toEqual([`${parent}/jobs/c`]);
  expect(second.nextPageToken ?? "").toBe("");
  const elsewhere = await list({ parent: "projects/demo-test/locations/other" });
  expect(elsewhere.jobs ?? []).toEqual([]);
});

test("updates masked fields of a job; without a mask, all given", async () => {
  const name = await scheduler.createJob("j", URI, { description: "old", retryConfig: { retryCount: 3 } });
  const job = { name, description: "new", retryConfig: { retryCount: 1, maxDoublings: 2 } };
  await scheduler.client.updateJob({ job, updateMask: { paths: ["retry_config.max_doublings"] } });
  expect(await scheduler.get(name)).toMatchObject({
    description: "old",
    retryConfig: { retryCount: 3, maxDoublings: 2 },
  });
  await scheduler.client.updateJob({ job: { name, description: "new" } });
  expect(await scheduler.get(name)).toMatchObject({ description: "new", retryConfig: { retryCount: 3 } });
  await scheduler.client.updateJob({ job: { name }, updateMask: { paths: ["description"] } });
  expect((await scheduler.get(name)).description ?? "").toBe("");
  for (const path of ["state", "name", "retry_config.a.b", "schedule.x"]) {
    const refused = scheduler.client.updateJob({ job, updateMask: { paths: [path] } });
    await expect(refused).rejects.toMatchObject({ code: INVALID_ARGUMENT });
  }
});

test("refuses to pause a paused job or resume an enabled one", async () => {
  const name = await scheduler.createJob("j", URI);
  const refusal = { code: FAILED_PRECONDITION };
  await expect(scheduler.client.resumeJob({ name })).rejects.toMatchObject(refusal);
  await scheduler.client.pauseJob({ name });
  expect((await scheduler.get(name)).scheduleTime).toBeNull();
  await expect(scheduler.client.pauseJob({ name })).rejects.toMatchObject(refusal);
});

test("answers NOT_FOUND when a job is missing or deleted", async () => {
  const name = await scheduler.createJob("j", URI);
  await scheduler.client.deleteJob({ name });
  for (const rpc of ["getJob", "deleteJob", "pauseJob", "resumeJob", "runJob"] as const) {
    await expect(scheduler.client[rpc]({ name })).rejects.toMatchObject({ code: NOT_FOUND });
  }
  await expect(scheduler.client.updateJob({ job: { name } })).rejects.toMatchObject({
    code: NOT_FOUND,
  });
  await scheduler.createJob("j", URI);
});
