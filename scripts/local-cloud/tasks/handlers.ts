import { randomInt } from "node:crypto";
import type { LocalClock } from "../clock.ts";
import type { Handlers } from "../grpc/handlers.ts";
import type { PageRequest } from "../pages.ts";
import { pageOf } from "../pages.ts";
import { alreadyExists, failedPrecondition, invalidArgument, notFound } from "../rpc-error.ts";
import { toWireTime } from "../wire-time.ts";
import { checkLocation, locationOf, queueOf } from "./names.ts";
import type { Queue, QueueOptions } from "./queue.ts";
import { createQueue } from "./queue.ts";
import { completeSettings, toWireQueue } from "./settings.ts";
import type { Task } from "./task.ts";
import { createTask, toWireTask } from "./task.ts";
import type { WireQueue, WireTask } from "./wire.ts";

/** google/cloud/tasks/v2/cloudtasks.proto, DeleteQueue. */
const QUEUE_NAME_TAKEN_MS = 7 * 24 * 3_600_000;
const MAX_QUEUES_PAGE = 9800;
const MAX_TASKS_PAGE = 1000;

type View = { responseView?: WireTask["view"] };

interface Named {
  name?: string;
}

/** All queues of one emulator, and when the deleted ones were deleted. */
export interface Queues {
  readonly byName: Map<string, Queue>;
  readonly deletedMs: Map<string, number>;
}

/** google.cloud.tasks.v2.CloudTasks: what is missing here answers UNIMPLEMENTED. */
export function tasksHandlers(queues: Queues, options: QueueOptions): Handlers {
  return {
    ...queueHandlers(queues, options),
    ...stateHandlers(queues),
    ...taskHandlers(queues, options.clock),
  };
}

function queueHandlers(queues: Queues, options: QueueOptions): Handlers {
  const { byName, deletedMs } = queues;
  const { clock } = options;
  return {
    ListQueues: ({ parent, filter, ...page }: PageRequest & { parent?: string; filter?: string }) => {
      if (filter) throw invalidArgument("The local Cloud Tasks does not filter queues: list them all.");
      const scope = `${checkLocation(parent)}/`;
      const found = pageOf(
        [...byName.values()].filter(({ name }) => name.startsWith(scope)),
        page,
        MAX_QUEUES_PAGE,
      );
      return { queues: found.items.map(wireOf), nextPageToken: found.nextPageToken };
    },
    GetQueue: ({ name }: Named) => wireOf(existingQueue(queues, name)),
    CreateQueue: ({ parent, queue }: { parent?: string; queue?: WireQueue }) => {
      const name = queue?.name ?? "";
      if (locationOf(name) !== checkLocation(parent)) {
        throw invalidArgument(`Queue.name ${name} must be in the location of the request, ${parent}.`);
      }
      if (byName.has(name)) throw alreadyExists("Queue already exists");
      return wireOf(create(queues, queue ?? { name }, options));
    },
    UpdateQueue: (request: { queue?: WireQueue; updateMask?: { paths?: string[] } }) => {
      const { queue: changed } = request;
      locationOf(changed?.name ?? "");
      // google/cloud/tasks/v2/cloudtasks.proto: it creates the queue where there is none.
      if (changed && !byName.has(changed.name)) return wireOf(create(queues, changed, options));
      const queue = existingQueue(queues, changed?.name);
      const next = merged(queue, changed ?? { name: queue.name }, request.updateMask?.paths);
      queue.update(completeSettings(next));
      return wireOf(queue);
    },
    DeleteQueue: ({ name }: Named) => {
      const queue = existingQueue(queues, name);
      byName.delete(queue.name);
      deletedMs.set(queue.name, clock.now());
      queue.delete();
      return {};
    },
  };
}

function create({ byName, deletedMs }: Queues, wire: WireQueue, options: QueueOptions): Queue {
  const { name } = wire;
  if (options.clock.now() - (deletedMs.get(name) ?? Number.NEGATIVE_INFINITY) < QUEUE_NAME_TAKEN_MS) {
    throw failedPrecondition(
      "The queue cannot be created because a queue with this name existed too recently.",
    );
  }
  const settings = completeSettings(wire);
  const created = createQueue({ name, settings, paused: false }, options);
  created.update(settings);
  byName.set(name, created);
  return created;
}

function stateHandlers(queues: Queues): Handlers {
  const setPaused =
    (paused: boolean) =>
    ({ name }: Named) => {
      const queue = existingQueue(queues, name);
      queue.setPaused(paused);
      return wireOf(queue);
    };
  return {
    PauseQueue: setPaused(true),
    ResumeQueue: setPaused(false),
    PurgeQueue: ({ name }: Named) => {
      const queue = existingQueue(queues, name);
      queue.purge();
      return wireOf(queue);
    },
  };
}

function taskHandlers(queues: Queues, clock: LocalClock): Handlers {
  return {
    ListTasks: ({ parent, responseView, ...page }: PageRequest & View & { parent?: string }) => {
      const { items, nextPageToken } = pageOf(
        existingQueue(queues, parent).tasks.values(),
        page,
        MAX_TASKS_PAGE,
      );
      return { tasks: items.map(task => toWireTask(task, viewOf(responseView))), nextPageToken };
    },
    GetTask: ({ name, responseView }: Named & View) =>
      toWireTask(existingTask(queues, name).task, viewOf(responseView)),
    CreateTask: ({ parent, task: wire, responseView }: View & { parent?: string; task?: WireTask }) => {
      const queue = existingQueue(queues, parent);
      const name = wire?.name || `${queue.name}/tasks/${freshId()}`;
      if (queueOf(name) !== queue.name) {
        throw invalidArgument(
          `The queue name from request ('${queue.name}') must be the same as the queue name in the named task ('${name}').`,
        );
      }
      const task = createTask(wire ?? {}, name, clock.now());
      if (queue.tasks.has(name)) throw alreadyExists("Requested entity already exists");
      if (queue.nameIsTaken(name)) {
        throw alreadyExists("The task cannot be created because a task with this name existed too recently.");
      }
      queue.add(task);
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

function existingQueue({ byName, deletedMs }: Queues, name = ""): Queue {
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

function existingTask(queues: Queues, name = ""): { queue: Queue; task: Task } {
  const queue = existingQueue(queues, queueOf(name));
  const task = queue.tasks.get(name);
  if (!task) throw notFound("The task no longer exists, or never did.");
  return { queue, task };
}

/** The queue's settings, with those fields replaced that the mask names; all of them when it names none. */
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

function camelCase(snakeCase: string): string {
  return snakeCase.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function wireOf({ name, settings, paused, purgedMs }: Queue): WireQueue {
  const wire = toWireQueue(name, settings, paused ? "PAUSED" : "RUNNING");
  return purgedMs === undefined ? wire : { ...wire, purgeTime: toWireTime(purgedMs) };
}

function viewOf(view: WireTask["view"]): WireTask["view"] {
  return view === "FULL" ? "FULL" : "BASIC";
}

/** Google's own names are long numbers too. */
function freshId(): string {
  return `${randomInt(1e9, 1e10)}${randomInt(1e9, 1e10)}`;
}
