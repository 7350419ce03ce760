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

/** What is kept of one queue: each call is kept when it returns. */
export interface KeptQueue {
  /** As they were when the process ended before. */
  tasks: Task[];
  /** The names of ended tasks, and when each ended, oldest first. */
  ended: [string, number][];
  put(task: Task): void;
  /** The task is gone, its name is taken. */
  end(task: Task, atMs: number): void;
  forgetName(taskName: string): void;
  putState(state: QueueState): void;
  /** The queue is gone, and so are the names of its tasks. */
  delete(taskNames: readonly string[], atMs: number): void;
}

const QUEUE = "tasks.queue";
const DELETED_QUEUE = "tasks.deleted-queue";

/** The queues that were kept. */
export function keptQueues({ keeper }: Storage): QueueState[] {
  return keeper.all<QueueState>(QUEUE).map(({ value }) => value);
}

/** The names of deleted queues, and when each was deleted. */
export function keptDeletions({ keeper }: Storage): [string, number][] {
  return keeper.all<number>(DELETED_QUEUE).map(({ key, value }) => [key, value]);
}

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
