import type { LocalClock } from "../clock.ts";
import type { DeliveringService } from "../delivery/delivering-service.ts";
import { DeliveryHost } from "../delivery/delivering-service.ts";
import { loadService } from "../grpc/services.ts";
import type { Identity } from "../identity.ts";
import type { Storage } from "../storage.ts";
import { openStorage } from "../storage.ts";
import { JobDispatcher } from "./dispatch.ts";
import { schedulerHandlers } from "./handlers.ts";
import type { JobStatus } from "./job.ts";
import { Job } from "./job.ts";
import { keptJobs } from "./kept-jobs.ts";

export interface LocalScheduler extends DeliveringService {
  status(): { jobs: JobStatus[] };
}

export interface LocalSchedulerOptions {
  clock: LocalClock;
  identity: Identity;
  /** Storage of the jobs. Default: the memory of this process. */
  storage?: Storage;
  /** Port of the service; 0, the default, takes any free port. */
  port?: number;
}

/**
 * Starts Cloud Scheduler on 127.0.0.1 with the stored jobs.
 * @throws NodeJS.ErrnoException EADDRINUSE when the port is in use
 */
export async function startScheduler({
  clock,
  identity,
  storage = openStorage(),
  port = 0,
}: LocalSchedulerOptions): Promise<LocalScheduler> {
  const jobs = new Map<string, Job>();
  const host = new DeliveryHost(() => jobs.values());
  const dispatcher = new JobDispatcher({ clock, identity, sender: host.sender });
  const options = { clock, dispatcher, storage, onChange: host.onChange };
  const handlers = schedulerHandlers(jobs, options);
  const service = await host.serve([{ definition: loadService("scheduler"), handlers }], port);
  for (const kept of keptJobs(storage)) jobs.set(kept.name, new Job(kept, options));
  return { ...service, status: () => ({ jobs: [...jobs.values()].map(job => job.status()) }) };
}
