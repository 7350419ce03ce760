import type { LocalClock } from "../clock.ts";
import { serve } from "../grpc/server.ts";
import { loadService } from "../grpc/services.ts";
import { createHttpSender } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import { createIdleSignal } from "../idle-signal.ts";
import type { Storage } from "../storage.ts";
import { openStorage } from "../storage.ts";
import { createDispatcher } from "./dispatch.ts";
import { schedulerHandlers } from "./handlers.ts";
import type { Job, JobStatus } from "./job.ts";
import { createJob, keptJobs } from "./job.ts";

export interface LocalScheduler {
  /** 127.0.0.1 and the port. */
  readonly host: string;
  /** No job is under way, and none is due: what is scheduled for later, a retry too, does not count. */
  idle(): boolean;
  /** Resolves once idle. */
  settle(): Promise<void>;
  status(): { jobs: JobStatus[] };
  /** Ends executions under way and timers. */
  close(): void;
}

export interface LocalSchedulerOptions {
  clock: LocalClock;
  identity: Identity;
  /** Where its state is kept; by default it ends with the service. */
  storage?: Storage;
  /** 0, the default, takes any free one. */
  port?: number;
}

/** Starts a Cloud Scheduler with the jobs that were kept on 127.0.0.1; rejects when the port is taken. */
export async function startScheduler({
  clock,
  identity,
  storage = openStorage(),
  port = 0,
}: LocalSchedulerOptions): Promise<LocalScheduler> {
  const sender = createHttpSender();
  const jobs = new Map<string, Job>();
  const idle = () => [...jobs.values()].every(job => job.idle());
  const signal = createIdleSignal(idle);
  const dispatcher = createDispatcher({ clock, identity, sender });
  const options = { clock, dispatcher, storage, onChange: signal.changed };
  const handlers = schedulerHandlers(jobs, options);
  const server = await serve([{ definition: loadService("scheduler"), handlers }], { port });
  for (const kept of keptJobs(storage)) jobs.set(kept.name, createJob(kept, options));
  return {
    host: server.host,
    idle,
    settle: signal.settle,
    status: () => ({ jobs: [...jobs.values()].map(job => job.status()) }),
    close() {
      server.close();
      for (const job of jobs.values()) job.close();
      sender.close();
      signal.close();
    },
  };
}
