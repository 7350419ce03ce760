import type { PubSub } from "@google-cloud/pubsub";
import type { CloudSchedulerClient } from "@google-cloud/scheduler";
import type { CloudTasksClient } from "@google-cloud/tasks";
import { log } from "../../shared/log.ts";
import type { Plan, PlannedSubscription } from "../plan/plan.ts";

/** The clients of the services, and the values that the plan leaves open. */
export interface PlanServices {
  pubsub: PubSub;
  tasks: CloudTasksClient;
  scheduler: CloudSchedulerClient;
  projectId: string;
  region: string;
  invokerEmail: string;
  functionUrl(name: string): string;
  /** Returns the number of undelivered messages of a subscription, by its full name. */
  undelivered(subscription: string): number;
}

/** Prefix of the planned subscriptions' names. */
const PLANNED_PREFIX = "pulsecart.";

/**
 * Creates the planned topics, queues, jobs and subscriptions through the services' clients. Existing ones are updated
 * where they differ. Jobs without a function are deleted. Subscriptions outside the plan are deleted once drained.
 */
export async function applyPlan(plan: Plan, services: PlanServices): Promise<void> {
  await Promise.all([
    applyTopics(plan.topics, services),
    applyQueues(plan.queues, services),
    applyJobs(plan.schedules, services),
  ]);
  await applySubscriptions(plan.subscriptions, services);
}

async function applyTopics(planned: Plan["topics"], { pubsub, projectId }: PlanServices): Promise<void> {
  const [existing] = await pubsub.getTopics();
  const names = new Set(existing.map(({ name }) => name));
  const missing = planned.filter(topic => !names.has(`projects/${projectId}/topics/${topic}`));
  await Promise.all(missing.map(topic => pubsub.createTopic(topic)));
}

async function applyQueues(planned: Plan["queues"], services: PlanServices): Promise<void> {
  const { tasks, projectId, region } = services;
  const parent = tasks.locationPath(projectId, region);
  const [existing] = await tasks.listQueues({ parent });
  const applyOne = async (id: string): Promise<unknown> => {
    const queue = { name: tasks.queuePath(projectId, region, id), retryConfig: { maxAttempts: -1 } };
    const found = existing.find(({ name }) => name === queue.name);
    if (!found) return tasks.createQueue({ parent, queue });
    const updateMask = { paths: ["retry_config.max_attempts"] };
    return includes(found, queue) || tasks.updateQueue({ queue, updateMask });
  };
  await Promise.all(planned.map(applyOne));
}

async function applyJobs(planned: Plan["schedules"], services: PlanServices): Promise<void> {
  const { scheduler, projectId, region, functionUrl } = services;
  const parent = scheduler.locationPath(projectId, region);
  const jobs = planned.map(schedule => jobOf(schedule, services));
  const [existing] = await scheduler.listJobs({ parent });
  const applyOne = async (job: (typeof jobs)[number]): Promise<unknown> => {
    const found = existing.find(({ name }) => name === job.name);
    if (!found) return scheduler.createJob({ parent, job });
    return (
      includes(found, job) || scheduler.updateJob({ job, updateMask: { paths: ["schedule", "http_target"] } })
    );
  };
  const isObsolete = ({ name, httpTarget }: (typeof existing)[number]) =>
    httpTarget?.uri === functionUrl(lastPart(name)) && jobs.every(job => job.name !== name);
  await Promise.all([
    ...jobs.map(applyOne),
    ...existing.filter(isObsolete).map(({ name }) => scheduler.deleteJob({ name: name ?? "" })),
  ]);
}

function jobOf({ functionName, cron }: Plan["schedules"][number], services: PlanServices) {
  const { scheduler, projectId, region, invokerEmail, functionUrl } = services;
  const uri = functionUrl(functionName);
  return {
    name: scheduler.jobPath(projectId, region, functionName),
    schedule: cron,
    httpTarget: {
      uri,
      headers: { "content-type": "application/json" },
      oidcToken: { serviceAccountEmail: invokerEmail, audience: uri },
    },
  };
}

async function applySubscriptions(
  planned: readonly PlannedSubscription[],
  services: PlanServices,
): Promise<void> {
  const { pubsub, undelivered } = services;
  const [existing] = await pubsub.getSubscriptions();
  const applyOne = async (one: PlannedSubscription): Promise<unknown> => {
    const options = changeableOptions(one, services);
    const found = existing.find(({ name }) => lastPart(name) === one.name);
    if (found) return includes(found.metadata, options) || found.setMetadata(options);
    const fixed = { filter: one.filter, enableMessageOrdering: true };
    return pubsub.topic(one.topic).createSubscription(one.name, { ...fixed, ...options });
  };
  const isObsolete = ({ name }: { name: string }) =>
    lastPart(name).startsWith(PLANNED_PREFIX) && planned.every(one => one.name !== lastPart(name));
  const obsolete = existing.filter(isObsolete);
  for (const { name } of obsolete.filter(({ name }) => undelivered(name) > 0)) {
    const reason = "no longer planned: a later start deletes the subscription once it is drained";
    log("WARNING", "subscription.left", {
      subscription: lastPart(name),
      undelivered: undelivered(name),
      reason,
    });
  }
  await Promise.all([
    ...planned.map(applyOne),
    ...obsolete.filter(({ name }) => undelivered(name) === 0).map(subscription => subscription.delete()),
  ]);
}

const DAY_SECONDS = 24 * 60 * 60;

/** Returns the options that may change while a subscription exists. */
function changeableOptions(planned: PlannedSubscription, services: PlanServices) {
  const { projectId, invokerEmail, functionUrl } = services;
  const { deadLetter, retentionDays } = planned;
  return {
    ackDeadlineSeconds: planned.ackDeadlineSeconds,
    retryPolicy: {
      minimumBackoff: { seconds: planned.minBackoffSeconds },
      maximumBackoff: { seconds: planned.maxBackoffSeconds },
    },
    ...(deadLetter && {
      deadLetterPolicy: {
        deadLetterTopic: `projects/${projectId}/topics/${deadLetter.topic}`,
        maxDeliveryAttempts: deadLetter.maxDeliveryAttempts,
      },
    }),
    ...(retentionDays !== undefined && {
      messageRetentionDuration: { seconds: retentionDays * DAY_SECONDS },
    }),
    pushConfig: {
      pushEndpoint: functionUrl(planned.functionName),
      oidcToken: { serviceAccountEmail: invokerEmail, audience: functionUrl(planned.functionName) },
    },
  };
}

/** Tells whether `found` has every value of `wanted`. A client may write a number as text. */
function includes(found: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return String(found) === String(wanted);
  return Object.entries(wanted).every(([field, value]) => includes(Reflect.get(Object(found), field), value));
}

function lastPart(name: string | null | undefined): string {
  return name?.split("/").at(-1) ?? "";
}
