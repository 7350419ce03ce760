import type { LocalClock } from "../clock.ts";
import { failedPrecondition } from "../rpc-error.ts";
import type { Storage } from "../storage.ts";
import { toWireTime } from "../wire-time.ts";
import type { AttemptStatus, Dispatcher } from "./dispatch.ts";
import type { JobSettings } from "./settings.ts";
import { completeSettings, retryDelayMs, toWireSettings } from "./settings.ts";
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
  /** Ends with the process: what is kept stays. */
  close(): void;
  /** Ends for good. */
  delete(): void;
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
  storage: Storage;
  onChange(): void;
}

/** A job as it is kept. */
export interface KeptJob {
  name: string;
  settings: WireJob;
  state: JobState;
  updatedMs: number;
  lastAttemptMs?: number;
  lastStatus?: AttemptStatus;
  nextMs?: number;
  /** Begun and not ended, and what is due behind it. */
  owed: Execution[];
  retry?: { untilMs: number; execution: Execution };
}

interface Execution {
  /** When it was to start: a header tells the target. */
  scheduleMs: number;
  forced: boolean;
  attempts: number;
  firstAttemptMs?: number;
}

const KIND = "scheduler.job";

export function keptJobs({ keeper }: Storage): KeptJob[] {
  return keeper.all<KeptJob>(KIND).map(({ value }) => value);
}

export function newJob(name: string, settings: JobSettings, clock: LocalClock): KeptJob {
  const wire = toWireSettings(settings);
  return { name, settings: wire, state: "ENABLED", updatedMs: clock.now(), owed: [] };
}

/**
 * A new job, or a kept one, which goes on where it was. What had begun and not ended begins again, and what came
 * due while nobody was there is made up for once, however often it did: each scheduled time is to be executed at
 * least once (https://cloud.google.com/scheduler/docs/overview), but what falls due while an execution is late
 * waits for its end (google/cloud/scheduler/v1/job.proto, Job.schedule), and several wait as one here.
 */
export function createJob(first: KeptJob, { clock, dispatcher, storage, onChange }: JobOptions): Job {
  const { name } = first;
  let settings = completeSettings(first.settings);
  let { state, updatedMs, lastAttemptMs, lastStatus } = first;
  let underWay: Execution | undefined;
  /** Due, but behind the one that is under way. */
  let waiting: Execution[] = [];
  let next: { untilMs: number; timer: { cancel(): void } } | undefined;
  let retry: { untilMs: number; timer: { cancel(): void }; execution: Execution } | undefined;
  let closed = false;

  function keep(): void {
    if (closed) return;
    const kept: KeptJob = {
      name,
      settings: toWireSettings(settings),
      state,
      updatedMs,
      ...(lastAttemptMs !== undefined && { lastAttemptMs }),
      ...(lastStatus && { lastStatus }),
      ...(next && { nextMs: next.untilMs }),
      owed: underWay ? [underWay, ...waiting] : waiting,
      ...(retry && { retry: { untilMs: retry.untilMs, execution: retry.execution } }),
    };
    storage.keeper.put(KIND, name, kept);
  }

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
      keep();
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
    keep();
  }

  async function attempt(execution: Execution): Promise<void> {
    underWay = execution;
    lastAttemptMs = clock.now();
    execution.attempts += 1;
    execution.firstAttemptMs ??= lastAttemptMs;
    keep();
    const outcome = await dispatcher.dispatch({ jobName: name, settings, scheduleMs: execution.scheduleMs });
    underWay = undefined;
    lastStatus = outcome;
    const following = waiting.shift();
    if (following) void attempt(following);
    else if (outcome.code && !closed) retryLater(execution);
    keep();
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
    retryAt(untilMs, execution);
  }

  function retryAt(untilMs: number, execution: Execution): void {
    const tryAgain = () => {
      retry = undefined;
      void attempt(execution);
    };
    retry = { ...at(untilMs, tryAgain), execution };
  }

  function goOn({ owed, nextMs, retry: waitingRetry }: KeptJob): void {
    arm();
    for (const execution of owed) start(execution);
    const missed = nextMs !== undefined && nextMs <= clock.now();
    if (missed && owed.every(({ forced }) => forced))
      start({ scheduleMs: nextMs, forced: false, attempts: 0 });
    else if (waitingRetry && owed.length === 0) retryAt(waitingRetry.untilMs, waitingRetry.execution);
    keep();
  }

  function changeState(from: JobState, to: JobState): void {
    if (state !== from)
      throw failedPrecondition(`The job is ${state}: only a job that is ${from} can be ${to}.`);
    state = to;
    dropRetry();
    waiting = waiting.filter(({ forced }) => forced);
    arm();
    keep();
  }

  function close(): void {
    closed = true;
    waiting = [];
    dropRetry();
    arm();
  }

  goOn(first);
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
      keep();
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
    close,
    delete() {
      close();
      storage.keeper.delete(KIND, name);
      onChange();
    },
  };
}
