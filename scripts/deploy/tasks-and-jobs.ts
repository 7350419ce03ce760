import type { Deployment } from "./deployment.ts";
import { policy } from "./policy.ts";
import type { Resource } from "./resource.ts";
import { named } from "./resource.ts";
import type { Target } from "./target.ts";
import { accountEmail, INVOKER, inLocation, memberOf, urlOf } from "./target.ts";

/** Cloud Tasks' own limits and defaults, set explicitly so that they stay: https://cloud.google.com/tasks/docs/quotas */
const QUEUE = {
  maxDispatchesPerSecond: 500,
  maxConcurrentDispatches: 1000,
  minBackoffSeconds: 0.1,
  maxBackoffSeconds: 3600,
  maxDoublings: 16,
};

/** Max mails that are sent at once: a mail server accepts few connections. Other mails wait in the queue. */
const MAX_CONCURRENT_MAILS = 20;

/** Returns a queue for each timer and effect, and one for all releases. Queues retry without limit: only the function gives up. */
export function queueResources({ plan, target, needs }: Deployment): Resource[] {
  return plan.queues.map(id => {
    const name = target.prefix + id;
    const atOnce = needs.get(id)?.mail === "all" ? MAX_CONCURRENT_MAILS : QUEUE.maxConcurrentDispatches;
    const flags = [
      "--max-attempts=unlimited",
      `--min-backoff=${QUEUE.minBackoffSeconds}s`,
      `--max-backoff=${QUEUE.maxBackoffSeconds}s`,
      `--max-doublings=${QUEUE.maxDoublings}`,
      `--max-dispatches-per-second=${QUEUE.maxDispatchesPerSecond}`,
      `--max-concurrent-dispatches=${atOnce}`,
      ...inLocation(target),
    ];
    return {
      kind: "queue",
      name,
      why:
        id === "releases"
          ? "Runs retries, drains and replays of events."
          : `Calls ${id} at the due time of a task.`,
      read: { args: ["tasks", "queues", "list", ...inLocation(target)], find: named(name) },
      wanted: {
        rateLimits: {
          maxDispatchesPerSecond: QUEUE.maxDispatchesPerSecond,
          maxConcurrentDispatches: atOnce,
        },
        retryConfig: {
          maxAttempts: -1,
          minBackoff: `${QUEUE.minBackoffSeconds}s`,
          maxBackoff: `${QUEUE.maxBackoffSeconds}s`,
          maxDoublings: QUEUE.maxDoublings,
        },
      },
      create: [{ args: ["tasks", "queues", "create", name, ...flags] }],
      update: () => [{ args: ["tasks", "queues", "update", name, ...flags] }],
      remove: () => [{ args: ["tasks", "queues", "delete", name, ...inLocation(target)] }],
      // Tasks are data, and Cloud Tasks blocks the name of a deleted queue for days.
      holdsData: true,
    };
  });
}

/** Returns the policies of the queues: functions whose code creates tasks may add tasks. */
export function queuePolicies({ plan, target, needs }: Deployment): Resource[] {
  const members = [...needs]
    .filter(([, { createsTasks }]) => createsTasks)
    .map(([name]) => memberOf(target, name));
  return plan.queues.map(id =>
    policy({
      of: `queue ${target.prefix}${id}`,
      why: "Only functions whose code creates tasks may add one.",
      group: ["tasks", "queues"],
      target: [target.prefix + id, ...inLocation(target)],
      bindings: [{ role: "roles/cloudtasks.enqueuer", members }],
    }),
  );
}

/** Timeout of one call: the timeout of a scheduled function. */
const ATTEMPT_SECONDS = 300;
/** Retries of one call. */
const MAX_RETRIES = 3;

/** Returns the schedules in UTC. Other time zones repeat an hour when clocks are turned back. */
export function jobResources({ plan, target }: Deployment): Resource[] {
  return plan.schedules.map(schedule => job(schedule, target));
}

function job({ functionName, cron }: { functionName: string; cron: string }, target: Target): Resource {
  const name = target.prefix + functionName;
  const uri = urlOf(target, functionName);
  const flags = (headers: string) => [
    `--schedule=${cron}`,
    "--time-zone=Etc/UTC",
    `--uri=${uri}`,
    "--http-method=POST",
    `${headers}=content-type=application/json`,
    `--oidc-service-account-email=${accountEmail(target, INVOKER)}`,
    `--oidc-token-audience=${uri}`,
    `--attempt-deadline=${ATTEMPT_SECONDS}s`,
    `--max-retry-attempts=${MAX_RETRIES}`,
    ...inLocation(target),
  ];
  return {
    kind: "job",
    name,
    why: `Calls ${functionName} on the schedule ${cron}.`,
    read: { args: ["scheduler", "jobs", "list", ...inLocation(target)], find: named(name) },
    wanted: {
      schedule: cron,
      timeZone: "Etc/UTC",
      attemptDeadline: `${ATTEMPT_SECONDS}s`,
      retryConfig: { retryCount: MAX_RETRIES },
      httpTarget: {
        uri,
        httpMethod: "POST",
        oidcToken: { serviceAccountEmail: accountEmail(target, INVOKER), audience: uri },
      },
    },
    create: [{ args: ["scheduler", "jobs", "create", "http", name, ...flags("--headers")] }],
    update: () => [{ args: ["scheduler", "jobs", "update", "http", name, ...flags("--update-headers")] }],
    remove: () => [{ args: ["scheduler", "jobs", "delete", name, ...inLocation(target)] }],
    functionName,
  };
}
