import type { NameKind } from "../delivery/names.ts";
import { parentOf } from "../delivery/names.ts";

const LOCATION: NameKind = {
  noun: "location",
  pattern: /^(projects\/[^/]+\/locations\/[^/]+)$/,
  form: "projects/PROJECT_ID/locations/LOCATION_ID",
};
/** Source: google/cloud/tasks/v2/queue.proto. */
const QUEUE: NameKind = {
  noun: "queue",
  pattern: /^(projects\/[^/]+\/locations\/[^/]+)\/queues\/[A-Za-z0-9-]{1,100}$/,
  form: "projects/PROJECT_ID/locations/LOCATION_ID/queues/QUEUE_ID, the id 1 to 100 letters, digits or hyphens",
};
/** Source: google/cloud/tasks/v2/task.proto. */
const TASK: NameKind = {
  noun: "task",
  pattern: /^(projects\/[^/]+\/locations\/[^/]+\/queues\/[A-Za-z0-9-]{1,100})\/tasks\/[A-Za-z0-9_-]{1,500}$/,
  form: "projects/PROJECT_ID/locations/LOCATION_ID/queues/QUEUE_ID/tasks/TASK_ID, the id 1 to 500 letters, digits, hyphens or underscores",
};

/** Returns the location. @throws RpcError INVALID_ARGUMENT for any other name */
export function checkLocation(name = ""): string {
  return parentOf(LOCATION, name);
}

/** Returns the location of a queue. @throws RpcError INVALID_ARGUMENT for a name that breaks Google's rules */
export function locationOf(queueName = ""): string {
  return parentOf(QUEUE, queueName);
}

/** Returns the queue of a task. @throws RpcError INVALID_ARGUMENT for a name that breaks Google's rules */
export function queueOf(taskName = ""): string {
  return parentOf(TASK, taskName);
}
