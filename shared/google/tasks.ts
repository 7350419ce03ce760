import type { CloudTasksClient } from "@google-cloud/tasks";
import { clock } from "../clock.ts";
import { config, functionUrl } from "../config.ts";
import { grpcStatus, grpcStatusOf } from "../errors.ts";
import { DAY_MS, MINUTE_MS } from "../values/durations.ts";

/** A call of one of PulseCart's functions at a later time. */
export interface Task {
  queue: string;
  /** Unique permanently: a used name stays blocked for an hour or more after its task ended. */
  name: string;
  functionName: string;
  path: string;
  body: unknown;
  dueMs: number;
}

/**
 * Max delay of a task, in milliseconds: 30 days (https://cloud.google.com/tasks/docs/quotas) less a minute. A timer that
 * fires early arms itself again.
 */
const MAX_AHEAD_MS = 30 * DAY_MS - MINUTE_MS;

let client: Promise<CloudTasksClient> | undefined;

/** Creates a task. An existing or past task of the same name is the same task, and no error. */
export async function createTask(task: Task): Promise<void> {
  const { projectId, region, invokerEmail, resourcePrefix } = config();
  const queue = resourcePrefix + task.queue;
  const tasks = await cloudTasks();
  const parent = tasks.queuePath(projectId, region, queue);
  const dueMs = Math.min(task.dueMs, clock.now() + MAX_AHEAD_MS);
  try {
    await tasks.createTask({
      parent,
      task: {
        name: tasks.taskPath(projectId, region, queue, task.name),
        scheduleTime: { seconds: Math.floor(dueMs / 1000), nanos: (dueMs % 1000) * 1_000_000 },
        httpRequest: {
          httpMethod: "POST",
          url: functionUrl(task.functionName) + task.path,
          headers: { "content-type": "application/json" },
          body: Buffer.from(JSON.stringify(task.body)),
          oidcToken: { serviceAccountEmail: invokerEmail, audience: functionUrl(task.functionName) },
        },
      },
    });
  } catch (error) {
    if (grpcStatusOf(error) !== grpcStatus.alreadyExists) throw error;
  }
}

export function cloudTasks(): Promise<CloudTasksClient> {
  client ??= import("@google-cloud/tasks").then(async ({ CloudTasksClient }) => {
    const host = config().tasksEmulatorHost;
    return new CloudTasksClient(host ? await localOptions(host) : { projectId: config().projectId });
  });
  return client;
}

/** Returns the options for a local Cloud Tasks. Unlike the other clients this one has no emulator variable. */
async function localOptions(host: string) {
  const { credentials } = await import("@grpc/grpc-js");
  const [apiEndpoint = host, port = "443"] = host.split(":");
  return {
    projectId: config().projectId,
    apiEndpoint,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  };
}

/** Closes the client of this process. */
export async function closeTasks(): Promise<void> {
  const closing = client;
  client = undefined;
  await (await closing)?.close();
}
