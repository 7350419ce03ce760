import type { LocalClock } from "../clock.ts";
import { HOUR_MS } from "../durations.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import type { Storage } from "../storage.ts";
import type { TaskDispatcher } from "./dispatch.ts";
import type { KeptQueue, QueueState } from "./kept-queues.ts";
import { keptQueue } from "./kept-queues.ts";
import type { QueueSettings } from "./settings.ts";
import { retryDelayMs } from "./settings.ts";
import type { Task } from "./task.ts";
import type { TokenBucket } from "./token-bucket.ts";
import { createTokenBucket } from "./token-bucket.ts";

/** The last failed attempt of a queue's tasks. */
export interface TaskError {
  atMs: number;
  task: string;
  reason: string;
}

export interface QueueStatus {
  name: string;
  state: "RUNNING" | "PAUSED";
  tasks: number;
  inFlight: number;
  /** Time at which the next task is due. Absent: no task is scheduled. */
  nextDueMs?: number;
  lastError?: TaskError;
}

export interface QueueOptions {
  clock: LocalClock;
  dispatcher: Pick<TaskDispatcher, "dispatch">;
  faults: PushFaults;
  storage: Storage;
  onChange(): void;
}

/**
 * Time for which the name of an ended task is blocked. Google says "for ~1hour after the original task was deleted or
 * executed" (google/cloud/tasks/v2/cloudtasks.proto, CreateTaskRequest).
 */
const NAME_USED_MS = HOUR_MS;

/**
 * One queue: holds tasks until they are due, dispatches them within its limits, and retries failed ones. A queue starts
 * with its stored tasks. Tasks in flight at the end of the process are due immediately, and so are overdue ones.
 */
export class Queue {
  readonly name: string;
  readonly tasks: ReadonlyMap<string, Task>;
  readonly #options: QueueOptions;
  readonly #kept: KeptQueue;
  readonly #tasks: Map<string, Task>;
  readonly #timers = new Map<Task, { cancel(): void }>();
  readonly #due = new Set<Task>();
  /** Ends of tasks by name, in milliseconds, oldest first. */
  readonly #endedMs: Map<string, number>;
  readonly #bucket: TokenBucket;
  #state: QueueState;
  #inFlight = 0;
  #refill: { cancel(): void } | undefined;
  #lastError: TaskError | undefined;

  constructor(first: QueueState, options: QueueOptions) {
    this.name = first.name;
    this.#state = first;
    this.#options = options;
    this.#kept = keptQueue(first.name, options.storage);
    this.#tasks = new Map(this.#kept.tasks.map(task => [task.name, task]));
    this.tasks = this.#tasks;
    this.#endedMs = new Map(this.#kept.ended);
    this.#bucket = createTokenBucket(options.clock);
    for (const task of this.#tasks.values()) this.#schedule(task);
  }

  get settings(): QueueSettings {
    return this.#state.settings;
  }

  get paused(): boolean {
    return this.#state.paused;
  }

  /** The time of the last purge; undefined before the first. */
  get purgedMs(): number | undefined {
    return this.#state.purgedMs;
  }

  /** Tells whether a task of this name exists, or ended less than an hour ago. */
  isNameUsed(taskName: string): boolean {
    const nowMs = this.#options.clock.now();
    for (const [ended, atMs] of this.#endedMs) {
      if (nowMs - atMs < NAME_USED_MS) break;
      this.#endedMs.delete(ended);
      this.#kept.forgetName(ended);
    }
    return this.#tasks.has(taskName) || this.#endedMs.has(taskName);
  }

  add(task: Task): void {
    this.#kept.put(task);
    this.#tasks.set(task.name, task);
    this.#schedule(task);
  }

  remove(taskName: string): void {
    const task = this.#tasks.get(taskName);
    if (task) this.#forget(task);
    this.#options.onChange();
  }

  /** Dispatches a task now, regardless of pause and limits. */
  run(task: Task): void {
    this.#unschedule(task);
    task.scheduleMs = this.#options.clock.now();
    this.#kept.put(task);
    void this.#dispatch(task);
  }

  update(settings: QueueSettings): void {
    this.#change({ settings });
  }

  setPaused(paused: boolean): void {
    this.#change({ paused });
    this.#options.onChange();
  }

  /** Removes all tasks. */
  purge(): void {
    this.#options.storage.keeper.together(() => {
      this.#forgetAll();
      this.#change({ purgedMs: this.#options.clock.now() });
    });
    this.#options.onChange();
  }

  /** Dispatches due tasks as far as the limits allow. */
  pump(): void {
    this.#refill?.cancel();
    for (const task of this.#due) {
      const { maxConcurrentDispatches, maxDispatchesPerSecond, maxBurstSize } = this.settings;
      if (this.paused || this.#inFlight >= maxConcurrentDispatches) return;
      const waitUntilMs = this.#bucket.take({ perSecond: maxDispatchesPerSecond, burst: maxBurstSize });
      if (waitUntilMs !== undefined) {
        this.#refill = this.#options.clock.at(waitUntilMs, () => this.pump());
        return;
      }
      this.#due.delete(task);
      void this.#dispatch(task);
    }
  }

  /** Tells whether nothing is in flight, and nothing due except behind a pause. */
  idle(): boolean {
    return this.#inFlight === 0 && (this.paused || this.#due.size === 0);
  }

  status(): QueueStatus {
    const scheduled = [...this.#tasks.values()].filter(task => this.#timers.has(task));
    const dueMs = scheduled.map(task => task.scheduleMs);
    return {
      name: this.name,
      state: this.paused ? "PAUSED" : "RUNNING",
      tasks: this.#tasks.size,
      inFlight: this.#inFlight,
      nextDueMs: dueMs.length > 0 ? dueMs.reduce((a, b) => Math.min(a, b)) : undefined,
      lastError: this.#lastError,
    };
  }

  /** Stops the queue at the end of the process. Stored tasks stay. */
  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#refill?.cancel();
    this.#due.clear();
    // A dispatch in flight finds its task no more and records nothing, so the task runs again after a restart.
    this.#tasks.clear();
  }

  /** Stops the queue and removes everything stored. */
  delete(): void {
    this.#options.storage.keeper.together(() => {
      this.#forgetAll();
      this.#kept.delete([...this.#endedMs.keys()], this.#options.clock.now());
    });
    this.#options.onChange();
  }

  #schedule(task: Task): void {
    const { clock, faults } = this.#options;
    this.#timers.get(task)?.cancel();
    this.#timers.delete(task);
    const dueMs = task.scheduleMs + faults.delayMs(this.name);
    if (dueMs <= clock.now()) this.#becomeDue(task);
    else
      this.#timers.set(
        task,
        clock.at(dueMs, () => this.#becomeDue(task)),
      );
  }

  #becomeDue(task: Task): void {
    this.#timers.delete(task);
    this.#due.add(task);
    this.pump();
  }

  #unschedule(task: Task): void {
    this.#timers.get(task)?.cancel();
    this.#timers.delete(task);
    this.#due.delete(task);
  }

  async #dispatch(task: Task): Promise<void> {
    this.#inFlight += 1;
    const reason = await this.#options.dispatcher.dispatch(task);
    this.#inFlight -= 1;
    // A task that was deleted meanwhile, or that another run finished, is not retried.
    if (this.#tasks.get(task.name) === task) {
      if (reason === undefined) this.#forget(task);
      else this.#retry(task, reason);
    }
    this.pump();
    this.#options.onChange();
  }

  #retry(task: Task, reason: string): void {
    const nowMs = this.#options.clock.now();
    this.#lastError = { atMs: nowMs, task: task.name, reason };
    const ageMs = nowMs - (task.firstDispatchMs ?? nowMs);
    const delayMs = retryDelayMs(this.settings, { attempts: task.dispatches, ageMs });
    if (delayMs === undefined) {
      this.#forget(task);
      return;
    }
    task.scheduleMs = nowMs + delayMs;
    this.#kept.put(task);
    this.#schedule(task);
  }

  #forget(task: Task): void {
    const nowMs = this.#options.clock.now();
    this.#unschedule(task);
    this.#tasks.delete(task.name);
    this.#endedMs.set(task.name, nowMs);
    this.#kept.end(task, nowMs);
  }

  #forgetAll(): void {
    for (const task of [...this.#tasks.values()]) this.#forget(task);
  }

  #change(changes: Partial<QueueState>): void {
    this.#state = { ...this.#state, ...changes };
    this.#kept.putState(this.#state);
    this.pump();
  }
}
