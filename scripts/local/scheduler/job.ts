import type { LocalClock } from "../clock.ts";
import { failedPrecondition } from "../rpc-error.ts";
import { toWireTime } from "../wire-time.ts";
import type { AttemptStatus, Dispatcher } from "./dispatch.ts";
import type { JobSettings } from "./settings.ts";
import { retryDelayMs, toWireSettings } from "./settings.ts";
import type { JobState, WireJob } from "./wire.ts";

/** One job: executes by its schedule, one execution at a time, and tries again what failed. */
export interface Job {
  readonly name: string;
  readonly settings: JobSettings;
  /** Goes on by other settings: a retry that was waiting is given up. */
  update(settings: JobSettings): void;
  /** Throws FAILED_PRECONDITION unless it is enabled. An attempt under way goes on to its end. */
  pause(): void;
  /** Throws FAILED_PRECONDITION unless it is paused. What was missed meanwhile is not made up for. */
  resume(): void;
  /** Executes now, or as soon as the execution under way has ended; a paused job too. */
  run(): void;
  /** Nothing under way, and nothing due: a retry that waits for its time does not count. */
  idle(): boolean;
  wire(): WireJob;
  status(): JobStatus;
  close(): void;
}

export interface JobStatus {
  name: string;
  state: JobState;
  schedule: string;
  running: boolean;
  nextMs?: number;
  lastAttemptMs?: number;
  lastStatus?: AttemptStatus;
}

export interface JobOptions {
  clock: LocalClock;
  dispatcher: Dispatcher;
  onChange(): void;
}

interface Execution {
  /** When it was to start: a header tells the target. */
  scheduleMs: number;
  forced: boolean;
  attempts: number;
  firstAttemptMs?: number;
}

export function createJob(
  name: string,
  first: JobSettings,
  { clock, dispatcher, onChange }: JobOptions,
): Job {
  let settings = first;
  let state: JobState = "ENABLED";
  let updatedMs = clock.now();
  let lastAttemptMs: number | undefined;
  let lastStatus: AttemptStatus | undefined;
  let underWay: Execution | undefined;
  /** Due, but behind the one that is under way. */
  let waiting: Execution[] = [];
  let next: { untilMs: number; timer: { cancel(): void } } | undefined;
  let retry: { untilMs: number; timer: { cancel(): void } } | undefined;
  let closed = false;

  function at(untilMs: number, run: () => void) {
    return { untilMs, timer: clock.at(untilMs, run) };
  }

  function arm(): void {
    next?.timer.cancel();
    next = undefined;
    if (state === "PAUSED" || closed) return;
    const scheduleMs = settings.cron.nextMs(clock.now());
    next = at(scheduleMs, () => {
      arm();
      // What falls due several times during one long execution is made up for once.
      if (!waiting.some(({ forced }) => !forced)) start({ scheduleMs, forced: false, attempts: 0 });
    });
  }

  function dropRetry(): void {
    retry?.timer.cancel();
    retry = undefined;
  }

  /** A new execution ends the retries of the one before it. */
  function start(execution: Execution): void {
    dropRetry();
    if (underWay) waiting.push(execution);
    else void attempt(execution);
  }

  async function attempt(execution: Execution): Promise<void> {
    underWay = execution;
    lastAttemptMs = clock.now();
    execution.attempts += 1;
    execution.firstAttemptMs ??= lastAttemptMs;
    const outcome = await dispatcher.dispatch({ jobName: name, settings, scheduleMs: execution.scheduleMs });
    underWay = undefined;
    lastStatus = outcome;
    const following = waiting.shift();
    if (following) void attempt(following);
    else if (outcome.code && !closed) retryLater(execution);
    onChange();
  }

  /** A retry that would come at the next scheduled start or later is left to that. */
  function retryLater(execution: Execution): void {
    const nowMs = clock.now();
    const ageMs = nowMs - (execution.firstAttemptMs ?? nowMs);
    const delayMs = retryDelayMs(settings, { attempts: execution.attempts, ageMs });
    if (delayMs === undefined || (state === "PAUSED" && !execution.forced)) return;
    const untilMs = nowMs + delayMs;
    if (next && untilMs >= next.untilMs) return;
    retry = at(untilMs, () => {
      retry = undefined;
      void attempt(execution);
    });
  }

  function changeState(from: JobState, to: JobState): void {
    if (state !== from)
      throw failedPrecondition(`The job is ${state}: only a job that is ${from} can be ${to}.`);
    state = to;
    dropRetry();
    waiting = waiting.filter(({ forced }) => forced);
    arm();
  }

  arm();
  return {
    name,
    get settings() {
      return settings;
    },
    update(changed) {
      settings = changed;
      updatedMs = clock.now();
      dropRetry();
      arm();
    },
    pause: () => changeState("ENABLED", "PAUSED"),
    resume: () => changeState("PAUSED", "ENABLED"),
    run: () => start({ scheduleMs: clock.now(), forced: true, attempts: 0 }),
    idle: () => underWay === undefined,
    wire() {
      const nextMs = (retry ?? next)?.untilMs;
      return {
        name,
        ...toWireSettings(settings),
        state,
        userUpdateTime: toWireTime(updatedMs),
        ...(nextMs !== undefined && { scheduleTime: toWireTime(nextMs) }),
        ...(lastAttemptMs !== undefined && { lastAttemptTime: toWireTime(lastAttemptMs) }),
        ...(lastStatus && { status: lastStatus }),
      };
    },
    status() {
      const nextMs = (retry ?? next)?.untilMs;
      return {
        name,
        state,
        schedule: settings.schedule,
        running: underWay !== undefined,
        ...(nextMs !== undefined && { nextMs }),
        ...(lastAttemptMs !== undefined && { lastAttemptMs }),
        ...(lastStatus && { lastStatus }),
      };
    },
    close() {
      closed = true;
      waiting = [];
      dropRetry();
      arm();
    },
  };
}
