import type { LocalClock } from "../clock.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import type { Storage } from "../storage.ts";
import type { Dispatcher } from "./dispatch.ts";
import type { QueueState } from "./kept-queues.ts";
import { keptQueue } from "./kept-queues.ts";
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
  readonly settings: QueueSettings;
  readonly paused: boolean;
  /** When it was purged last. */
  readonly purgedMs: number | undefined;
  readonly tasks: ReadonlyMap<string, Task>;
  /** Existing, or ended less than an hour ago. */
  nameIsTaken(taskName: string): boolean;
  add(task: Task): void;
  remove(taskName: string): void;
  /** Dispatches now, whatever pause and limits say. */
  run(task: Task): void;
  /** Goes on by other settings. */
  update(settings: QueueSettings): void;
  setPaused(paused: boolean): void;
  /** Removes all tasks. */
  purge(): void;
  /** Dispatches what is due, as far as the limits allow. */
  pump(): void;
  /** Nothing is under way, and nothing due is held up by anything but a pause. */
  idle(): boolean;
  status(): QueueStatus;
  /** Ends with the process: what is kept stays. */
  close(): void;
  /** Ends for good. */
  delete(): void;
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
  storage: Storage;
  onChange(): void;
}

/** google/cloud/tasks/v2/cloudtasks.proto, CreateTaskRequest: "for ~1hour after the original task was deleted or executed". */
const NAME_TAKEN_MS = 3_600_000;

/** Begins with the tasks that were kept: those that were under way, or came due meanwhile, are due now. */
export function createQueue(first: QueueState, options: QueueOptions): Queue {
  const { clock, dispatcher, faults, storage, onChange } = options;
  const { name } = first;
  const kept = keptQueue(name, storage);
  let state = first;
  const tasks = new Map(kept.tasks.map(task => [task.name, task]));
  const timers = new Map<Task, { cancel(): void }>();
  const due = new Set<Task>();
  const endedMs = new Map(kept.ended);
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
      const { maxConcurrentDispatches, maxDispatchesPerSecond, maxBurstSize } = state.settings;
      if (state.paused || inFlight >= maxConcurrentDispatches) return;
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
    const delayMs = retryDelayMs(state.settings, { attempts: task.dispatches, ageMs });
    if (delayMs === undefined) {
      forget(task);
      return;
    }
    task.scheduleMs = nowMs + delayMs;
    kept.put(task);
    schedule(task);
  }

  function forget(task: Task): void {
    timers.get(task)?.cancel();
    timers.delete(task);
    due.delete(task);
    tasks.delete(task.name);
    endedMs.set(task.name, clock.now());
    kept.end(task, clock.now());
  }

  function purge(): void {
    for (const task of [...tasks.values()]) forget(task);
  }

  function change(changes: Partial<QueueState>): void {
    state = { ...state, ...changes };
    kept.putState(state);
    pump();
  }

  const queue: Queue = {
    name,
    get settings() {
      return state.settings;
    },
    get paused() {
      return state.paused;
    },
    get purgedMs() {
      return state.purgedMs;
    },
    tasks,
    nameIsTaken(taskName) {
      for (const [ended, atMs] of endedMs) {
        if (clock.now() - atMs < NAME_TAKEN_MS) break;
        endedMs.delete(ended);
        kept.forgetName(ended);
      }
      return tasks.has(taskName) || endedMs.has(taskName);
    },
    add(task) {
      kept.put(task);
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
      kept.put(task);
      void dispatch(task);
    },
    update: settings => change({ settings }),
    setPaused(paused) {
      change({ paused });
      onChange();
    },
    purge() {
      storage.keeper.together(() => {
        purge();
        change({ purgedMs: clock.now() });
      });
      onChange();
    },
    pump,
    idle: () => inFlight === 0 && (state.paused || due.size === 0),
    status() {
      const dueMs = [...tasks.values()].filter(task => timers.has(task)).map(task => task.scheduleMs);
      return {
        name,
        state: state.paused ? "PAUSED" : "RUNNING",
        tasks: tasks.size,
        inFlight,
        ...(dueMs.length > 0 && { nextDueMs: dueMs.reduce((a, b) => Math.min(a, b)) }),
        ...(lastError && { lastError }),
      };
    },
    close() {
      for (const timer of timers.values()) timer.cancel();
      refill?.cancel();
      due.clear();
      // What is still under way finds nothing to note its end on, and comes again.
      tasks.clear();
    },
    delete() {
      storage.keeper.together(() => {
        purge();
        kept.delete([...endedMs.keys()], clock.now());
      });
      onChange();
    },
  };
  for (const task of tasks.values()) schedule(task);
  return queue;
}
