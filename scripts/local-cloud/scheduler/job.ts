import type { LocalClock } from "../clock.ts";
import { failedPrecondition } from "../rpc-error.ts";
import type { Storage } from "../storage.ts";
import { toWireTime } from "../wire-time.ts";
import type { AttemptStatus, JobDispatcher } from "./dispatch.ts";
import type { Execution, KeptJob } from "./kept-jobs.ts";
import { JOB_KIND } from "./kept-jobs.ts";
import type { JobSettings } from "./settings.ts";
import { completeSettings, retryDelayMs, toWireSettings } from "./settings.ts";
import type { JobState, WireJob } from "./wire.ts";

export interface JobStatus {
  name: string;
  state: JobState;
  schedule: string;
  running: boolean;
  /** Time of the next execution or retry. Absent: the job is paused and waits for no retry. */
  nextMs?: number;
  lastAttemptMs?: number;
  lastStatus?: AttemptStatus;
}

export interface JobOptions {
  clock: LocalClock;
  dispatcher: Pick<JobDispatcher, "dispatch">;
  storage: Storage;
  onChange(): void;
}

interface Alarm {
  untilMs: number;
  timer: { cancel(): void };
}

/**
 * One job: executes on its schedule, one execution at a time, and retries failed executions. A stored job continues:
 * unfinished executions start again, and missed scheduled times are executed once.
 *
 * Each scheduled time is executed at least once. A time that falls due during an execution waits for its end. Several
 * such times are executed once here. Sources: https://cloud.google.com/scheduler/docs/overview, and Job.schedule in
 * google/cloud/scheduler/v1/job.proto.
 */
export class Job {
  readonly name: string;
  readonly #options: JobOptions;
  #settings: JobSettings;
  #state: JobState;
  #updatedMs: number;
  #lastAttemptMs: number | undefined;
  #lastStatus: AttemptStatus | undefined;
  #underWay: Execution | undefined;
  /** Due executions behind the one under way. */
  #waiting: Execution[] = [];
  #next: Alarm | undefined;
  #retry: (Alarm & { execution: Execution }) | undefined;
  #isClosed = false;

  constructor(first: KeptJob, options: JobOptions) {
    this.name = first.name;
    this.#options = options;
    this.#settings = completeSettings(first.settings);
    this.#state = first.state;
    this.#updatedMs = first.updatedMs;
    this.#lastAttemptMs = first.lastAttemptMs;
    this.#lastStatus = first.lastStatus;
    this.#continue(first);
  }

  get settings(): JobSettings {
    return this.#settings;
  }

  /** Replaces the settings and drops a waiting retry. */
  update(changed: JobSettings): void {
    this.#settings = changed;
    this.#updatedMs = this.#options.clock.now();
    this.#dropRetry();
    this.#arm();
    this.#keep();
  }

  /** Pauses the job; an attempt under way continues. @throws RpcError FAILED_PRECONDITION unless it is enabled */
  pause(): void {
    this.#changeState("ENABLED", "PAUSED");
  }

  /** Resumes the job without its missed executions. @throws RpcError FAILED_PRECONDITION unless it is paused */
  resume(): void {
    this.#changeState("PAUSED", "ENABLED");
  }

  /** Executes now, or after the execution under way; a paused job as well. */
  run(): void {
    this.#start({ scheduleMs: this.#options.clock.now(), forced: true, attempts: 0 });
  }

  /** Tells whether nothing is under way; a retry that waits for its time does not count. */
  idle(): boolean {
    return this.#underWay === undefined;
  }

  wire(): WireJob {
    const nextMs = (this.#retry ?? this.#next)?.untilMs;
    return {
      name: this.name,
      ...toWireSettings(this.#settings),
      state: this.#state,
      userUpdateTime: toWireTime(this.#updatedMs),
      scheduleTime: nextMs === undefined ? undefined : toWireTime(nextMs),
      lastAttemptTime: this.#lastAttemptMs === undefined ? undefined : toWireTime(this.#lastAttemptMs),
      status: this.#lastStatus,
    };
  }

  status(): JobStatus {
    const nextMs = (this.#retry ?? this.#next)?.untilMs;
    return {
      name: this.name,
      state: this.#state,
      schedule: this.#settings.schedule,
      running: this.#underWay !== undefined,
      nextMs,
      lastAttemptMs: this.#lastAttemptMs,
      lastStatus: this.#lastStatus,
    };
  }

  /** Stops the job at the end of the process. The stored job stays. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#dropRetry();
    this.#arm();
  }

  /** Stops the job and removes it from the storage. */
  delete(): void {
    this.close();
    this.#options.storage.keeper.delete(JOB_KIND, this.name);
    this.#options.onChange();
  }

  #continue({ owed, nextMs, retry }: KeptJob): void {
    this.#arm();
    for (const execution of owed) this.#start(execution);
    const isMissed = nextMs !== undefined && nextMs <= this.#options.clock.now();
    if (isMissed && owed.every(({ forced }) => forced))
      this.#start({ scheduleMs: nextMs, forced: false, attempts: 0 });
    else if (retry && owed.length === 0) this.#retryAt(retry.untilMs, retry.execution);
    this.#keep();
  }

  #keep(): void {
    if (this.#isClosed) return;
    const kept: KeptJob = {
      name: this.name,
      settings: toWireSettings(this.#settings),
      state: this.#state,
      updatedMs: this.#updatedMs,
      lastAttemptMs: this.#lastAttemptMs,
      lastStatus: this.#lastStatus,
      nextMs: this.#next?.untilMs,
      owed: this.#underWay ? [this.#underWay, ...this.#waiting] : this.#waiting,
      retry: this.#retry && { untilMs: this.#retry.untilMs, execution: this.#retry.execution },
    };
    this.#options.storage.keeper.put(JOB_KIND, this.name, kept);
  }

  #at(untilMs: number, run: () => void): Alarm {
    return { untilMs, timer: this.#options.clock.at(untilMs, run) };
  }

  /** Sets the timer of the next scheduled time, or none for a paused or closed job. */
  #arm(): void {
    this.#next?.timer.cancel();
    this.#next = undefined;
    if (this.#state === "PAUSED" || this.#isClosed) return;
    const scheduleMs = this.#settings.cron.nextMs(this.#options.clock.now());
    this.#next = this.#at(scheduleMs, () => {
      this.#arm();
      // Several scheduled times that fall due during one execution are executed once.
      if (!this.#waiting.some(({ forced }) => !forced))
        this.#start({ scheduleMs, forced: false, attempts: 0 });
      this.#keep();
    });
  }

  #dropRetry(): void {
    this.#retry?.timer.cancel();
    this.#retry = undefined;
  }

  /** Starts an execution, or queues it behind the current one. A new execution ends the retries of the previous one. */
  #start(execution: Execution): void {
    this.#dropRetry();
    if (this.#underWay) this.#waiting.push(execution);
    else void this.#attempt(execution);
    this.#keep();
  }

  async #attempt(execution: Execution): Promise<void> {
    const { clock, dispatcher, onChange } = this.#options;
    this.#underWay = execution;
    this.#lastAttemptMs = clock.now();
    execution.attempts += 1;
    execution.firstAttemptMs ??= this.#lastAttemptMs;
    this.#keep();
    const { scheduleMs } = execution;
    const status = await dispatcher.dispatch({ jobName: this.name, settings: this.#settings, scheduleMs });
    this.#underWay = undefined;
    this.#lastStatus = status;
    const following = this.#waiting.shift();
    if (following) void this.#attempt(following);
    else if (status.code && !this.#isClosed) this.#retryLater(execution);
    this.#keep();
    onChange();
  }

  /** Schedules a retry, unless the next scheduled start comes first. */
  #retryLater(execution: Execution): void {
    const nowMs = this.#options.clock.now();
    const ageMs = nowMs - (execution.firstAttemptMs ?? nowMs);
    const delayMs = retryDelayMs(this.#settings, { attempts: execution.attempts, ageMs });
    if (delayMs === undefined || (this.#state === "PAUSED" && !execution.forced)) return;
    const untilMs = nowMs + delayMs;
    if (this.#next && untilMs >= this.#next.untilMs) return;
    this.#retryAt(untilMs, execution);
  }

  #retryAt(untilMs: number, execution: Execution): void {
    const tryAgain = () => {
      this.#retry = undefined;
      void this.#attempt(execution);
    };
    this.#retry = { ...this.#at(untilMs, tryAgain), execution };
  }

  #changeState(from: JobState, to: JobState): void {
    if (this.#state !== from)
      throw failedPrecondition(`The job is ${this.#state}: only a job that is ${from} can be ${to}.`);
    this.#state = to;
    this.#dropRetry();
    this.#waiting = this.#waiting.filter(({ forced }) => forced);
    this.#arm();
    this.#keep();
  }
}
