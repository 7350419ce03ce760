import type { LocalClock } from "../clock.ts";
import { freshId } from "../delivery/http-request.ts";
import { camelCase } from "../delivery/settings.ts";
import type { Handlers } from "../grpc/handlers.ts";
import type { PageRequest } from "../pages.ts";
import { pageOf } from "../pages.ts";
import { alreadyExists, invalidArgument } from "../rpc-error.ts";
import { checkLocation, locationOf, queueOf } from "./names.ts";
import type { Queue, QueueOptions } from "./queue.ts";
import type { Queues } from "./queues.ts";
import { addQueue, checkNewQueue, existingQueue, existingTask, queueView } from "./queues.ts";
import { completeSettings, toWireQueue } from "./settings.ts";
import type { Task } from "./task.ts";
import { createTask, toWireTask } from "./task.ts";
import type { WireQueue, WireTask } from "./wire.ts";

const QUEUES_PER_PAGE = 9800;
const TASKS_PER_PAGE = 1000;

type View = { responseView?: WireTask["view"] };

interface Named {
  name?: string;
}

interface QueueUpdate {
  queue?: WireQueue;
  updateMask?: { paths?: string[] };
}

/** Returns the methods of google.cloud.tasks.v2.CloudTasks. Missing methods answer UNIMPLEMENTED. */
export function tasksHandlers(queues: Queues, options: QueueOptions): Handlers {
  return {
    ...queueHandlers(queues, options),
    ...stateHandlers(queues),
    ...taskHandlers(queues, options.clock),
  };
}

function queueHandlers(queues: Queues, options: QueueOptions): Handlers {
  return {
    ListQueues: ({ parent, filter, ...page }: PageRequest & { parent?: string; filter?: string }) => {
      if (filter) throw invalidArgument("The local Cloud Tasks does not filter queues: list them all.");
      const scope = `${checkLocation(parent)}/`;
      const inScope = [...queues.byName.values()].filter(({ name }) => name.startsWith(scope));
      const { items, nextPageToken } = pageOf(inScope, page, QUEUES_PER_PAGE);
      return { queues: items.map(queueView), nextPageToken };
    },
    GetQueue: ({ name }: Named) => queueView(existingQueue(queues, name)),
    CreateQueue: ({ parent, queue }: { parent?: string; queue?: WireQueue }) => {
      const name = queue?.name ?? "";
      checkNewQueue(queues, name, parent);
      return queueView(addQueue(queues, queue ?? { name }, options));
    },
    UpdateQueue: (request: QueueUpdate) => queueView(updatedQueue(queues, request, options)),
    DeleteQueue: ({ name }: Named) => {
      const queue = existingQueue(queues, name);
      queues.byName.delete(queue.name);
      queues.deletedMs.set(queue.name, options.clock.now());
      queue.delete();
      return {};
    },
  };
}

/** Updates a queue. An unknown queue is created (google/cloud/tasks/v2/cloudtasks.proto, UpdateQueue). */
function updatedQueue(
  queues: Queues,
  { queue: changed, updateMask }: QueueUpdate,
  options: QueueOptions,
): Queue {
  locationOf(changed?.name ?? "");
  if (changed && !queues.byName.has(changed.name)) return addQueue(queues, changed, options);
  const queue = existingQueue(queues, changed?.name);
  queue.update(completeSettings(merged(queue, changed ?? { name: queue.name }, updateMask?.paths)));
  return queue;
}

function stateHandlers(queues: Queues): Handlers {
  const changing =
    (change: (queue: Queue) => void) =>
    ({ name }: Named) => {
      const queue = existingQueue(queues, name);
      change(queue);
      return queueView(queue);
    };
  return {
    PauseQueue: changing(queue => queue.setPaused(true)),
    ResumeQueue: changing(queue => queue.setPaused(false)),
    PurgeQueue: changing(queue => queue.purge()),
  };
}

function taskHandlers(queues: Queues, clock: LocalClock): Handlers {
  return {
    ListTasks: ({ parent, responseView, ...page }: PageRequest & View & { parent?: string }) => {
      const { tasks } = existingQueue(queues, parent);
      const { items, nextPageToken } = pageOf(tasks.values(), page, TASKS_PER_PAGE);
      return { tasks: items.map(task => toWireTask(task, viewOf(responseView))), nextPageToken };
    },
    GetTask: ({ name, responseView }: Named & View) =>
      toWireTask(existingTask(queues, name).task, viewOf(responseView)),
    CreateTask: ({ parent, task: wire, responseView }: View & { parent?: string; task?: WireTask }) => {
      const task = addTask(existingQueue(queues, parent), wire ?? {}, clock.now());
      return toWireTask(task, viewOf(responseView));
    },
    DeleteTask: ({ name }: Named) => {
      const { queue, task } = existingTask(queues, name);
      queue.remove(task.name);
      return {};
    },
    RunTask: ({ name, responseView }: Named & View) => {
      const { queue, task } = existingTask(queues, name);
      queue.run(task);
      return toWireTask(task, viewOf(responseView));
    },
  };
}

/** Adds a task. @throws RpcError INVALID_ARGUMENT for an unusable task, ALREADY_EXISTS for a name in use */
function addTask(queue: Queue, wire: WireTask, nowMs: number): Task {
  const name = wire.name || `${queue.name}/tasks/${freshId()}`;
  if (queueOf(name) !== queue.name) {
    throw invalidArgument(
      `The queue name from request ('${queue.name}') must be the same as the queue name in the named task ('${name}').`,
    );
  }
  const task = createTask(wire, name, nowMs);
  if (queue.tasks.has(name)) throw alreadyExists("Requested entity already exists");
  if (queue.isNameUsed(name)) {
    throw alreadyExists("The task cannot be created because a task with this name existed too recently.");
  }
  queue.add(task);
  return task;
}

/** Returns the queue's settings with the fields of the mask replaced. Without a mask, all settings are replaced. */
function merged(queue: Queue, changed: WireQueue, mask: readonly string[] = []): WireQueue {
  if (mask.length === 0) return changed;
  const next = toWireQueue(queue.name, queue.settings, "RUNNING");
  for (const path of mask) {
    const [group = "", field] = path.split(".").map(camelCase);
    if (group !== "rateLimits" && group !== "retryConfig") {
      throw invalidArgument(`update_mask: '${path}' cannot be changed; rate_limits and retry_config can.`);
    }
    if (field === undefined) next[group] = changed[group] ?? {};
    else next[group] = { ...next[group], [field]: Reflect.get(changed[group] ?? {}, field) };
  }
  return next;
}

function viewOf(view: WireTask["view"]): WireTask["view"] {
  return view === "FULL" ? "FULL" : "BASIC";
}
