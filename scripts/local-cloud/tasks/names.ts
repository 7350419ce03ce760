import { invalidArgument } from "../rpc-error.ts";

const LOCATION = /^projects\/[^/]+\/locations\/[^/]+$/;
/** Letters, digits and hyphens, 100 at most: google/cloud/tasks/v2/queue.proto. */
const QUEUE = /^(projects\/[^/]+\/locations\/[^/]+)\/queues\/[A-Za-z0-9-]{1,100}$/;
/** Underscores too, 500 at most: google/cloud/tasks/v2/task.proto. */
const TASK =
  /^(projects\/[^/]+\/locations\/[^/]+\/queues\/[A-Za-z0-9-]{1,100})\/tasks\/[A-Za-z0-9_-]{1,500}$/;

/** Throws INVALID_ARGUMENT for anything that is not projects/P/locations/L. */
export function checkLocation(name = ""): string {
  if (LOCATION.test(name)) return name;
  throw invalidArgument(
    `Malformed location name "${name}": it must be projects/PROJECT_ID/locations/LOCATION_ID.`,
  );
}

/** The location of a queue. Throws INVALID_ARGUMENT for a name that breaks Google's rules. */
export function locationOf(queueName = ""): string {
  const location = QUEUE.exec(queueName)?.[1];
  if (location) return location;
  throw invalidArgument(
    `Malformed queue name "${queueName}": it must be projects/PROJECT_ID/locations/LOCATION_ID/queues/QUEUE_ID, the id 1 to 100 letters, digits or hyphens.`,
  );
}

/** The queue of a task. Throws INVALID_ARGUMENT for a name that breaks Google's rules. */
export function queueOf(taskName = ""): string {
  const queue = TASK.exec(taskName)?.[1];
  if (queue) return queue;
  throw invalidArgument(
    `Malformed task name "${taskName}": it must be projects/PROJECT_ID/locations/LOCATION_ID/queues/QUEUE_ID/tasks/TASK_ID, the id 1 to 500 letters, digits, hyphens or underscores.`,
  );
}

/** The last part of a name: what Google puts into the headers. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
