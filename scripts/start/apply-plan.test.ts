import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { setLogSink } from "../../shared/log.ts";
import { setCallFaults } from "../local-cloud/faults/call-faults.ts";
import type { TestPubSub } from "../local-cloud/test/pubsub.ts";
import { startTestPubSub } from "../local-cloud/test/pubsub.ts";
import type { TestScheduler } from "../local-cloud/test/scheduler.ts";
import { startTestScheduler } from "../local-cloud/test/scheduler.ts";
import type { TestTasks } from "../local-cloud/test/tasks.ts";
import { startTestTasks } from "../local-cloud/test/tasks.ts";
import type { Plan, PlannedSubscription } from "../plan/plan.ts";
import { applyPlan } from "./apply-plan.ts";

const DEAD_LETTERS = "pulsecart.dead-letters";
const TOPIC = "pulsecart.system-events";

let pubsub: TestPubSub;
let tasks: TestTasks;
let scheduler: TestScheduler;
let lines: object[];
beforeEach(async () => {
  pubsub = await startTestPubSub();
  tasks = await startTestTasks();
  scheduler = await startTestScheduler();
  lines = [];
  setLogSink((severity, message, fields) => lines.push({ severity, message, ...fields }));
});
afterEach(async () => {
  setCallFaults(undefined);
  await Promise.all([pubsub.close(), tasks.close(), scheduler.close()]);
});

const planned = (name: string): PlannedSubscription => ({
  name,
  topic: TOPIC,
  functionName: "mail",
  filter: "attributes:event_type",
  ackDeadlineSeconds: 60,
  minBackoffSeconds: 10,
  maxBackoffSeconds: 600,
  deadLetter: { topic: DEAD_LETTERS, maxDeliveryAttempts: 100 },
});
const plan: Plan = {
  topics: [TOPIC, DEAD_LETTERS],
  subscriptions: [planned("pulsecart.mail.system-events.1"), planned("pulsecart.mail.system-events.2")],
  queues: ["send-mail"],
  schedules: [
    { functionName: "sweep", cron: "* * * * *" },
    { functionName: "roll-up", cron: "*/5 * * * *" },
  ],
  callers: [], // the local cloud has no IAM
};

function apply(changed: Partial<Plan> = {}, port = 1): Promise<void> {
  const { subscriptions } = pubsub.service.status();
  return applyPlan(
    { ...plan, ...changed },
    {
      pubsub: pubsub.client,
      tasks: tasks.client,
      scheduler: scheduler.client,
      projectId: "demo-test",
      region: "local",
      invokerEmail: "invoker@demo-test.iam.gserviceaccount.com",
      functionUrl: name => `http://127.0.0.1:${port}/${name}`,
      undelivered: name => subscriptions.find(one => one.name === name)?.undelivered ?? 0,
    },
  );
}

const endpoints = () => pubsub.service.status().subscriptions.map(({ pushEndpoint }) => pushEndpoint);
const jobs = async () => (await scheduler.client.listJobs({ parent: scheduler.location }))[0];

test("changes nothing when the services match the plan", async () => {
  await apply();
  const calls: string[] = [];
  setCallFaults(path => {
    calls.push(path.split("/").at(-1) ?? "");
    return {};
  });
  await apply();
  expect(calls.sort()).toEqual(["ListJobs", "ListQueues", "ListSubscriptions", "ListTopics"]);
  expect(lines).toEqual([]);
});

test("updates endpoints, delivery settings, queues and schedules", async () => {
  await apply();
  const queue = tasks.client.queuePath("demo-test", "local", "send-mail");
  const changed = { name: queue, retryConfig: { maxAttempts: 3, maxDoublings: 2 } };
  await tasks.client.updateQueue({ queue: changed });
  const subscriptions = plan.subscriptions.map(one => ({ ...one, maxBackoffSeconds: 300 }));
  await apply({ subscriptions, schedules: [{ functionName: "sweep", cron: "0 * * * *" }] }, 2);
  expect(endpoints()).toEqual(["http://127.0.0.1:2/mail", "http://127.0.0.1:2/mail"]);
  const [first] = (await pubsub.client.getSubscriptions())[0];
  expect(first?.metadata).toMatchObject({
    retryPolicy: { maximumBackoff: { seconds: "300" } },
    pushConfig: { oidcToken: { audience: "http://127.0.0.1:2/mail" } },
    filter: "attributes:event_type",
  });
  const [kept] = await tasks.client.getQueue({ name: queue });
  expect(kept.retryConfig).toMatchObject({ maxAttempts: -1, maxDoublings: 2 });
  const [job] = await scheduler.client.getJob({ name: `${scheduler.location}/jobs/sweep` });
  expect(job).toMatchObject({ schedule: "0 * * * *", httpTarget: { uri: "http://127.0.0.1:2/sweep" } });
});

test("deletes an unplanned subscription once drained, and warns before", async () => {
  await apply();
  await pubsub.client.topic(TOPIC).createSubscription("foreign");
  await pubsub.client
    .topic(TOPIC)
    .publishMessage({ data: Buffer.from("x"), attributes: { event_type: "x" } });
  const names = () => pubsub.service.status().subscriptions.map(({ name }) => name.split("/").at(-1));
  const subscriptions = plan.subscriptions.slice(0, 1);
  await apply({ subscriptions });
  expect(names()).toEqual(["pulsecart.mail.system-events.1", "pulsecart.mail.system-events.2", "foreign"]);
  const left = {
    message: "subscription.left",
    subscription: "pulsecart.mail.system-events.2",
    undelivered: 1,
  };
  expect(lines).toEqual([expect.objectContaining({ severity: "WARNING", ...left })]);
  await pubsub.client.subscription("pulsecart.mail.system-events.2").seek(new Date(Date.now() + 60_000));
  await apply({ subscriptions });
  expect(names()).toEqual(["pulsecart.mail.system-events.1", "foreign"]);
});

test("deletes jobs without a function, and no foreign job", async () => {
  await apply();
  await scheduler.createJob("foreign", "http://127.0.0.1:1/elsewhere");
  await apply({ schedules: plan.schedules.slice(0, 1) });
  const names = (await jobs()).map(({ name }) => name?.split("/").at(-1));
  expect(names).toEqual(["foreign", "sweep"]);
});
