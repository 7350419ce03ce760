import { freshId } from "../delivery/http-request.ts";
import { camelCase } from "../delivery/settings.ts";
import type { Handlers } from "../grpc/handlers.ts";
import type { PageRequest } from "../pages.ts";
import { pageOf } from "../pages.ts";
import { alreadyExists, invalidArgument, notFound } from "../rpc-error.ts";
import type { JobOptions } from "./job.ts";
import { Job } from "./job.ts";
import { newJob } from "./kept-jobs.ts";
import { checkLocation, locationOf } from "./names.ts";
import { completeSettings, toWireSettings } from "./settings.ts";
import type { WireJob } from "./wire.ts";

const JOBS_PER_PAGE = 500;

/** Fields that an update mask may name as a whole only. */
const WHOLE_FIELDS = new Set([
  ...["description", "schedule", "timeZone", "attemptDeadline"],
  ...["pubsubTarget", "appEngineHttpTarget"],
]);
/** Fields that an update mask may name as a whole or field by field. */
const GROUPS = new Set(["httpTarget", "retryConfig"]);

interface Named {
  name?: string;
}

type Jobs = Map<string, Job>;

/** Returns the methods of google.cloud.scheduler.v1.CloudScheduler. Missing methods answer UNIMPLEMENTED. */
export function schedulerHandlers(jobs: Jobs, options: JobOptions): Handlers {
  return {
    ListJobs: ({ parent, ...page }: PageRequest & { parent?: string }) => {
      const scope = `${checkLocation(parent)}/`;
      const inScope = [...jobs.values()].filter(({ name }) => name.startsWith(scope));
      const { items, nextPageToken } = pageOf(inScope, page, JOBS_PER_PAGE);
      return { jobs: items.map(job => job.wire()), nextPageToken };
    },
    GetJob: (request: Named) => existingJob(jobs, request).wire(),
    CreateJob: ({ parent, job: wire = {} }: { parent?: string; job?: WireJob }) => {
      const name = newName(jobs, wire, parent);
      const job = new Job(newJob(name, completeSettings(wire), options.clock), options);
      jobs.set(name, job);
      return job.wire();
    },
    UpdateJob: ({ job: wire = {}, updateMask }: { job?: WireJob; updateMask?: { paths?: string[] } }) => {
      const job = existingJob(jobs, wire);
      job.update(completeSettings(merged(job, wire, updateMask?.paths)));
      return job.wire();
    },
    DeleteJob: (request: Named) => {
      const job = existingJob(jobs, request);
      jobs.delete(job.name);
      job.delete();
      return {};
    },
    ...stateHandlers(jobs, options),
  };
}

function stateHandlers(jobs: Jobs, { onChange }: JobOptions): Handlers {
  const changing = (change: (job: Job) => void) => (request: Named) => {
    const job = existingJob(jobs, request);
    change(job);
    onChange();
    return job.wire();
  };
  return {
    PauseJob: changing(job => job.pause()),
    ResumeJob: changing(job => job.resume()),
    RunJob: changing(job => job.run()),
  };
}

function existingJob(jobs: Jobs, { name = "" }: Named): Job {
  locationOf(name);
  const job = jobs.get(name);
  if (!job) throw notFound("Job not found.");
  return job;
}

/**
 * Returns the name of a new job: the requested one, or a generated one.
 * @throws RpcError INVALID_ARGUMENT for a name outside the request's location, ALREADY_EXISTS for a name in use
 */
function newName(jobs: Jobs, wire: WireJob, parent: string | undefined): string {
  const location = checkLocation(parent);
  const name = wire.name || `${location}/jobs/${freshId()}`;
  if (locationOf(name) !== location)
    throw invalidArgument(`Job.name ${name} must be in the location of the request, ${parent}.`);
  if (jobs.has(name)) throw alreadyExists(`Job ${name} already exists.`);
  return name;
}

/** Returns the job with the fields of the mask replaced. Without a mask, all fields of the request are replaced. */
function merged(job: Job, changed: WireJob, mask: readonly string[] = []): WireJob {
  const next: WireJob = toWireSettings(job.settings);
  const settable = Object.keys(changed).filter(field => WHOLE_FIELDS.has(field) || GROUPS.has(field));
  for (const path of mask.length > 0 ? mask : settable) {
    const [field = "", inner, ...rest] = path.split(".").map(camelCase);
    const isKnown = WHOLE_FIELDS.has(field) ? inner === undefined : GROUPS.has(field);
    if (!isKnown || rest.length > 0) {
      throw invalidArgument(
        `update_mask: '${path}' cannot be changed; description, http_target, schedule, time_zone, retry_config and attempt_deadline can.`,
      );
    }
    const value = Reflect.get(changed, field);
    const group = Reflect.get(next, field);
    Reflect.set(
      next,
      field,
      inner === undefined ? value : { ...group, [inner]: Reflect.get(value ?? {}, inner) },
    );
  }
  return next;
}
