import type { PubSub } from "@google-cloud/pubsub";
import type { CloudTasksClient } from "@google-cloud/tasks";
import type { Plan, PlannedSubscription } from "../deploy/plan.ts";
import type { SchedulerClient } from "./scheduler/client.ts";

export interface Services {
  pubsub: PubSub;
  tasks: CloudTasksClient;
  scheduler: SchedulerClient;
  projectId: string;
  region: string;
  invokerEmail: string;
  functionUrl(name: string): string;
}

/** Creates what the functions need around them, through the services' clients, in services that are still empty. */
export async function applyPlan(plan: Plan, services: Services): Promise<void> {
  const { pubsub, tasks, projectId, region } = services;
  await Promise.all([
    Promise.all(plan.topics.map(topic => pubsub.createTopic(topic))),
    ...plan.queues.map(queue =>
      tasks.createQueue({
        parent: tasks.locationPath(projectId, region),
        queue: { name: tasks.queuePath(projectId, region, queue), retryConfig: { maxAttempts: -1 } },
      }),
    ),
    ...plan.schedules.map(schedule => createJob(schedule, services)),
  ]);
  await Promise.all(plan.subscriptions.map(subscription => createSubscription(subscription, services)));
}

async function createSubscription(planned: PlannedSubscription, services: Services): Promise<void> {
  const { pubsub, projectId, invokerEmail, functionUrl } = services;
  await pubsub.topic(planned.topic).createSubscription(planned.name, {
    filter: planned.filter,
    enableMessageOrdering: true,
    ackDeadlineSeconds: planned.ackDeadlineSeconds,
    retryPolicy: {
      minimumBackoff: { seconds: planned.minBackoffSeconds },
      maximumBackoff: { seconds: planned.maxBackoffSeconds },
    },
    deadLetterPolicy: {
      deadLetterTopic: `projects/${projectId}/topics/${planned.deadLetterTopic}`,
      maxDeliveryAttempts: planned.maxDeliveryAttempts,
    },
    pushConfig: {
      pushEndpoint: functionUrl(planned.functionName),
      oidcToken: { serviceAccountEmail: invokerEmail, audience: functionUrl(planned.functionName) },
    },
  });
}

async function createJob(planned: Plan["schedules"][number], services: Services): Promise<void> {
  const { scheduler, projectId, region, invokerEmail, functionUrl } = services;
  const parent = `projects/${projectId}/locations/${region}`;
  const uri = functionUrl(planned.functionName);
  await scheduler.call("CreateJob", {
    parent,
    job: {
      name: `${parent}/jobs/${planned.functionName}`,
      schedule: planned.cron,
      httpTarget: {
        uri,
        headers: { "content-type": "application/json" },
        oidcToken: { serviceAccountEmail: invokerEmail, audience: uri },
      },
    },
  });
}
