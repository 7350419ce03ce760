import type { LocalClock } from "../clock.ts";
import type { Storage } from "../storage.ts";
import type { AttemptStatus } from "./dispatch.ts";
import type { JobSettings } from "./settings.ts";
import { toWireSettings } from "./settings.ts";
import type { JobState, WireJob } from "./wire.ts";

/** A stored job. */
export interface KeptJob {
  name: string;
  settings: WireJob;
  state: JobState;
  updatedMs: number;
  lastAttemptMs?: number;
  lastStatus?: AttemptStatus;
  nextMs?: number;
  /** The execution in progress, and the due executions behind it. */
  owed: Execution[];
  retry?: { untilMs: number; execution: Execution };
}

/** One execution of a job, with its retries. */
export interface Execution {
  /** Scheduled start, which a header of the call contains. */
  scheduleMs: number;
  /** True: started by RunJob, also while the job is paused. */
  forced: boolean;
  attempts: number;
  firstAttemptMs?: number;
}

/** Kind of the stored jobs in the storage. */
export const JOB_KIND = "scheduler.job";

/** Returns the stored jobs. */
export function keptJobs({ keeper }: Storage): KeptJob[] {
  return keeper.all<KeptJob>(JOB_KIND).map(({ value }) => value);
}

/** Returns the state of a new job, which is enabled. */
export function newJob(name: string, settings: JobSettings, clock: LocalClock): KeptJob {
  const wire = toWireSettings(settings);
  return { name, settings: wire, state: "ENABLED", updatedMs: clock.now(), owed: [] };
}
