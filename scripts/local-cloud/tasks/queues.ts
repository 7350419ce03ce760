import { DAY_MS } from "../durations.ts";
import { alreadyExists, failedPrecondition, invalidArgument, notFound } from "../rpc-error.ts";
import { toWireTime } from "../wire-time.ts";
import { checkLocation, locationOf, queueOf } from "./names.ts";
import type { QueueOptions } from "./queue.ts";
import { Queue } from "./queue.ts";
import { completeSettings, toWireQueue } from "./settings.ts";
import type { Task } from "./task.ts";
import type { WireQueue } from "./wire.ts";

/** Time for which the name of a deleted queue is blocked. Source: google/cloud/tasks/v2/cloudtasks.proto, DeleteQueue. */
const NAME_BLOCKED_MS = 7 * DAY_MS;

/** All queues of one emulator, and the deletion times of deleted queues by name. */
export interface Queues {
  readonly byName: Map<string, Queue>;
  readonly deletedMs: Map<string, number>;
}

/** @throws RpcError INVALID_ARGUMENT for a name outside the request's location, ALREADY_EXISTS for a name in use */
export function checkNewQueue({ byName }: Queues, name: string, parent: string | undefined): void {
  if (locationOf(name) !== checkLocation(parent))
    throw invalidArgument(`Queue.name ${name} must be in the location of the request, ${parent}.`);
  if (byName.has(name)) throw alreadyExists("Queue already exists");
}

/** Creates a queue. @throws RpcError FAILED_PRECONDITION when a queue of this name was deleted within a week */
export function addQueue({ byName, deletedMs }: Queues, wire: WireQueue, options: QueueOptions): Queue {
  const { name } = wire;
  const deletedAtMs = deletedMs.get(name) ?? Number.NEGATIVE_INFINITY;
  if (options.clock.now() - deletedAtMs < NAME_BLOCKED_MS) {
    throw failedPrecondition(
      "The queue cannot be created because a queue with this name existed too recently.",
    );
  }
  const settings = completeSettings(wire);
  const created = new Queue({ name, settings, paused: false }, options);
  created.update(settings);
  byName.set(name, created);
  return created;
}

/** @throws RpcError NOT_FOUND for an unknown queue, FAILED_PRECONDITION for a deleted one */
export function existingQueue({ byName, deletedMs }: Queues, name = ""): Queue {
  locationOf(name);
  const queue = byName.get(name);
  if (queue) return queue;
  if (deletedMs.has(name)) {
    throw failedPrecondition("The queue no longer exists, though a queue with this name existed recently.");
  }
  throw notFound(
    "Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize.",
  );
}

/** @throws RpcError NOT_FOUND for an unknown task, and as `existingQueue` */
export function existingTask(queues: Queues, name = ""): { queue: Queue; task: Task } {
  const queue = existingQueue(queues, queueOf(name));
  const task = queue.tasks.get(name);
  if (!task) throw notFound("The task no longer exists, or never did.");
  return { queue, task };
}

/** Returns a queue as the API shows it. */
export function queueView({ name, settings, paused, purgedMs }: Queue): WireQueue {
  const wire = toWireQueue(name, settings, paused ? "PAUSED" : "RUNNING");
  return purgedMs === undefined ? wire : { ...wire, purgeTime: toWireTime(purgedMs) };
}
