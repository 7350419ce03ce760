import type { Deployment } from "./deployment.ts";
import { policy } from "./policy.ts";
import type { Resource } from "./resource.ts";
import { named } from "./resource.ts";
import type { Target } from "./target.ts";
import { accountEmail, INVOKER, inLocation, memberOf, urlOf } from "./target.ts";

/** Cloud Tasks' own most and defaults, written down so that they stay: https://cloud.google.com/tasks/docs/quotas */
const QUEUE = {
  maxDispatchesPerSecond: 500,
  maxConcurrentDispatches: 1000,
  minBackoffSeconds: 0.1,
  maxBackoffSeconds: 3600,
  maxDoublings: 16,
};

/** A mail server takes few connections at once; what waits is sent a little later. */
const MAILS_AT_ONCE = 20;

/** A queue for each timer and one for all releases. They try without limit: who gives up is the function. */
export function queueResources({ plan, target, needs }: Deployment): Resource[] {
  return plan.queues.map(id => {
    const name = target.prefix + id;
    const atOnce = needs.get(id)?.mail === "all" ? MAILS_AT_ONCE : QUEUE.maxConcurrentDispatches;
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
          ? "Has reactions try again what was deferred."
          : `Calls ${id} when its time has come.`,
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
      // A queue's name cannot be used again for days after it was deleted.
      holdsData: true,
    };
  });
}

/** Who may add tasks: functions whose code can create some. */
export function queuePolicies({ plan, target, needs }: Deployment): Resource[] {
  const members = [...needs]
    .filter(([, { createsTasks }]) => createsTasks)
    .map(([name]) => memberOf(target, name));
  return plan.queues.map(id =>
    policy({
      of: `queue ${target.prefix}${id}`,
      why: "Whose code creates tasks, and nobody else of ours, may add one.",
      group: ["tasks", "queues"],
      target: [target.prefix + id, ...inLocation(target)],
      bindings: [{ role: "roles/cloudtasks.enqueuer", members }],
    }),
  );
}

const ATTEMPT_SECONDS = 300;
const ATTEMPTS_AGAIN = 3;

/** The schedules, in UTC: where clocks are turned back, an hour would come twice. */
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
    `--max-retry-attempts=${ATTEMPTS_AGAIN}`,
    ...inLocation(target),
  ];
  return {
    kind: "job",
    name,
    why: `Runs ${functionName} by ${cron}.`,
    read: { args: ["scheduler", "jobs", "list", ...inLocation(target)], find: named(name) },
    wanted: {
      schedule: cron,
      timeZone: "Etc/UTC",
      attemptDeadline: `${ATTEMPT_SECONDS}s`,
      retryConfig: { retryCount: ATTEMPTS_AGAIN },
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
