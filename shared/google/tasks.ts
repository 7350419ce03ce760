import type { CloudTasksClient } from "@google-cloud/tasks";
import { clock } from "../clock.ts";
import { config, functionUrl } from "../config.ts";
import { grpcStatus, grpcStatusOf } from "../errors.ts";

/** A call of one of our own functions at a later time. */
export interface Task {
  queue: string;
  /** Unique for ever: a name that was used is blocked for an hour or more after its task ended. */
  name: string;
  functionName: string;
  path: string;
  body: unknown;
  dueMs: number;
}

/** Cloud Tasks takes nothing later (https://cloud.google.com/tasks/docs/quotas); a timer that fires early re-arms. */
const MAX_AHEAD_MS = 30 * 24 * 60 * 60 * 1000 - 60_000;

let client: Promise<CloudTasksClient> | undefined;

/** Creates a task; one of the same name that exists or existed is the same task, so that is no error. */
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

/** Unlike its siblings this client knows no emulator variable: it has to be told to speak without TLS. */
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

/** Ends the client of this process. */
export async function closeTasks(): Promise<void> {
  const closing = client;
  client = undefined;
  await (await closing)?.close();
}
