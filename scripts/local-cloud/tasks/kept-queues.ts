import type { Storage } from "../storage.ts";
import type { QueueSettings } from "./settings.ts";
import type { Task } from "./task.ts";

/** A queue without its tasks. */
export interface QueueState {
  name: string;
  settings: QueueSettings;
  paused: boolean;
  purgedMs?: number;
}

/** The stored state of one queue. Every change is stored when its call returns. */
export interface KeptQueue {
  /** The tasks at the end of the previous process. */
  tasks: Task[];
  /** Names of ended tasks with the time of their end, oldest first. */
  ended: [string, number][];
  put(task: Task): void;
  /** Removes a task and blocks its name. */
  end(task: Task, atMs: number): void;
  /** Frees the name of an ended task. */
  forgetName(taskName: string): void;
  putState(state: QueueState): void;
  /** Removes the queue, blocks its name, and frees the names of its ended tasks. All tasks must have ended before. */
  delete(taskNames: readonly string[], atMs: number): void;
}

const QUEUE = "tasks.queue";
const DELETED_QUEUE = "tasks.deleted-queue";

/** Returns the stored queues. */
export function keptQueues({ keeper }: Storage): QueueState[] {
  return keeper.all<QueueState>(QUEUE).map(({ value }) => value);
}

/** Returns the names of deleted queues with the time of their deletion. */
export function keptDeletions({ keeper }: Storage): [string, number][] {
  return keeper.all<number>(DELETED_QUEUE).map(({ key, value }) => [key, value]);
}

/** Opens the stored state of one queue. */
export function keptQueue(name: string, { keeper }: Storage): KeptQueue {
  const taskKind = `tasks.task ${name}`;
  const endedKind = `tasks.ended ${name}`;
  const ended = keeper.all<number>(endedKind);
  return {
    tasks: keeper.all<Task>(taskKind).map(({ value }) => value),
    ended: ended.map(({ key, value }): [string, number] => [key, value]).sort(([, a], [, b]) => a - b),
    put: task => keeper.put(taskKind, task.name, task),
    end: (task, atMs) =>
      keeper.together(() => {
        keeper.delete(taskKind, task.name);
        keeper.put(endedKind, task.name, atMs);
      }),
    forgetName: taskName => keeper.delete(endedKind, taskName),
    putState: state => keeper.put(QUEUE, state.name, state),
    delete(taskNames, atMs) {
      keeper.delete(QUEUE, name);
      keeper.put(DELETED_QUEUE, name, atMs);
      for (const taskName of taskNames) keeper.delete(endedKind, taskName);
    },
  };
}
