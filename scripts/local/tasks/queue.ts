import type { LocalClock } from "../clock.ts";
import type { PushFaults } from "../push-faults.ts";
import type { Dispatcher } from "./dispatch.ts";
import type { QueueSettings } from "./settings.ts";
import { retryDelayMs } from "./settings.ts";
import type { Task } from "./task.ts";
import { createTokenBucket } from "./token-bucket.ts";

export interface TaskError {
  atMs: number;
  task: string;
  reason: string;
}

/** One queue: holds tasks until they are due, dispatches them within its limits, retries what failed. */
export interface Queue {
  readonly name: string;
  settings: QueueSettings;
  paused: boolean;
  readonly tasks: ReadonlyMap<string, Task>;
  /** Existing, or ended less than an hour ago. */
  nameIsTaken(taskName: string): boolean;
  add(task: Task): void;
  remove(taskName: string): void;
  /** Dispatches now, whatever pause and limits say. */
  run(task: Task): void;
  /** Removes all tasks. */
  purge(): void;
  /** Dispatches what is due, as far as the limits allow: to be called after a change of settings. */
  pump(): void;
  /** Nothing is under way, and nothing due is held up by anything but a pause. */
  idle(): boolean;
  status(): QueueStatus;
}

export interface QueueStatus {
  name: string;
  state: "RUNNING" | "PAUSED";
  tasks: number;
  inFlight: number;
  /** When the next task is due. */
  nextDueMs?: number;
  lastError?: TaskError;
}

export interface QueueOptions {
  clock: LocalClock;
  dispatcher: Dispatcher;
  faults: PushFaults;
  onChange(): void;
}

/** google/cloud/tasks/v2/cloudtasks.proto, CreateTaskRequest: "for ~1hour after the original task was deleted or executed". */
const NAME_TAKEN_MS = 3_600_000;

export function createQueue(
  name: string,
  firstSettings: QueueSettings,
  { clock, dispatcher, faults, onChange }: QueueOptions,
): Queue {
  const tasks = new Map<string, Task>();
  const timers = new Map<Task, { cancel(): void }>();
  const due = new Set<Task>();
  const endedMs = new Map<string, number>();
  const bucket = createTokenBucket(clock);
  let inFlight = 0;
  let refill: { cancel(): void } | undefined;
  let lastError: TaskError | undefined;

  function schedule(task: Task): void {
    timers.get(task)?.cancel();
    timers.delete(task);
    const dueMs = task.scheduleMs + faults.delayMs(name);
    if (dueMs > clock.now()) {
      timers.set(
        task,
        clock.at(dueMs, () => becomeDue(task)),
      );
    } else becomeDue(task);
  }

  function becomeDue(task: Task): void {
    timers.delete(task);
    due.add(task);
    pump();
  }

  function pump(): void {
    refill?.cancel();
    for (const task of due) {
      const { maxConcurrentDispatches, maxDispatchesPerSecond, maxBurstSize } = queue.settings;
      if (queue.paused || inFlight >= maxConcurrentDispatches) return;
      const waitUntilMs = bucket.take({ perSecond: maxDispatchesPerSecond, burst: maxBurstSize });
      if (waitUntilMs !== undefined) {
        refill = clock.at(waitUntilMs, pump);
        return;
      }
      due.delete(task);
      void dispatch(task);
    }
  }

  async function dispatch(task: Task): Promise<void> {
    inFlight += 1;
    const reason = await dispatcher.dispatch(task);
    inFlight -= 1;
    // A task that was deleted meanwhile, or done by another run, is not tried again.
    if (tasks.get(task.name) === task) {
      if (reason === undefined) forget(task);
      else retry(task, reason);
    }
    pump();
    onChange();
  }

  function retry(task: Task, reason: string): void {
    const nowMs = clock.now();
    lastError = { atMs: nowMs, task: task.name, reason };
    const ageMs = nowMs - (task.firstDispatchMs ?? nowMs);
    const delayMs = retryDelayMs(queue.settings, { attempts: task.dispatches, ageMs });
    if (delayMs === undefined) {
      forget(task);
      return;
    }
    task.scheduleMs = nowMs + delayMs;
    schedule(task);
  }

  function forget(task: Task): void {
    timers.get(task)?.cancel();
    timers.delete(task);
    due.delete(task);
    tasks.delete(task.name);
    endedMs.set(task.name, clock.now());
  }

  const queue: Queue = {
    name,
    settings: firstSettings,
    paused: false,
    tasks,
    nameIsTaken(taskName) {
      for (const [ended, atMs] of endedMs) {
        if (clock.now() - atMs < NAME_TAKEN_MS) break;
        endedMs.delete(ended);
      }
      return tasks.has(taskName) || endedMs.has(taskName);
    },
    add(task) {
      tasks.set(task.name, task);
      schedule(task);
    },
    remove(taskName) {
      const task = tasks.get(taskName);
      if (task) forget(task);
      onChange();
    },
    run(task) {
      timers.get(task)?.cancel();
      timers.delete(task);
      due.delete(task);
      task.scheduleMs = clock.now();
      void dispatch(task);
    },
    purge() {
      for (const task of [...tasks.values()]) forget(task);
      onChange();
    },
    pump,
    idle: () => inFlight === 0 && (queue.paused || due.size === 0),
    status() {
      const dueMs = [...tasks.values()].filter(task => timers.has(task)).map(task => task.scheduleMs);
      return {
        name,
        state: queue.paused ? "PAUSED" : "RUNNING",
        tasks: tasks.size,
        inFlight,
        ...(dueMs.length > 0 && { nextDueMs: dueMs.reduce((a, b) => Math.min(a, b)) }),
        ...(lastError && { lastError }),
      };
    },
  };
  return queue;
}
