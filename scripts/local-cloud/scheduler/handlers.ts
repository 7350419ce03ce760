import { randomInt } from "node:crypto";
import type { Handlers } from "../grpc/handlers.ts";
import type { PageRequest } from "../pages.ts";
import { pageOf } from "../pages.ts";
import { alreadyExists, invalidArgument, notFound } from "../rpc-error.ts";
import type { Job, JobOptions } from "./job.ts";
import { createJob, newJob } from "./job.ts";
import { checkLocation, locationOf } from "./names.ts";
import { completeSettings, toWireSettings } from "./settings.ts";
import type { WireJob } from "./wire.ts";

const MAX_JOBS_PAGE = 500;

/** What UpdateJob may change, as its mask names it; the second group also field by field. */
const WHOLE_FIELDS = new Set(["description", "schedule", "timeZone", "attemptDeadline"]);
const GROUPS = new Set(["httpTarget", "retryConfig"]);
const TARGETS = new Set(["pubsubTarget", "appEngineHttpTarget"]);

interface Named {
  name?: string;
}

/** google.cloud.scheduler.v1.CloudScheduler: what is missing here answers UNIMPLEMENTED. */
export function schedulerHandlers(jobs: Map<string, Job>, options: JobOptions): Handlers {
  const existing = ({ name = "" }: Named): Job => {
    locationOf(name);
    const job = jobs.get(name);
    if (!job) throw notFound("Job not found.");
    return job;
  };
  /** A call that does something to a job and answers with it. */
  const change = (apply: (job: Job) => void) => (request: Named) => {
    const job = existing(request);
    apply(job);
    options.onChange();
    return job.wire();
  };
  return {
    ListJobs: ({ parent, ...page }: PageRequest & { parent?: string }) => {
      const scope = `${checkLocation(parent)}/`;
      const inScope = [...jobs.values()].filter(({ name }) => name.startsWith(scope));
      const { items, nextPageToken } = pageOf(inScope, page, MAX_JOBS_PAGE);
      return { jobs: items.map(job => job.wire()), nextPageToken };
    },
    GetJob: (request: Named) => existing(request).wire(),
    CreateJob: ({ parent, job: wire = {} }: { parent?: string; job?: WireJob }) => {
      const location = checkLocation(parent);
      const name = wire.name || `${location}/jobs/${freshId()}`;
      if (locationOf(name) !== location) {
        throw invalidArgument(`Job.name ${name} must be in the location of the request, ${parent}.`);
      }
      if (jobs.has(name)) throw alreadyExists(`Job ${name} already exists.`);
      const job = createJob(newJob(name, completeSettings(wire), options.clock), options);
      jobs.set(name, job);
      return job.wire();
    },
    UpdateJob: ({ job: wire = {}, updateMask }: { job?: WireJob; updateMask?: { paths?: string[] } }) => {
      const job = existing(wire);
      job.update(completeSettings(merged(job, wire, updateMask?.paths)));
      return job.wire();
    },
    DeleteJob: (request: Named) => {
      const job = existing(request);
      jobs.delete(job.name);
      job.delete();
      return {};
    },
    PauseJob: change(job => job.pause()),
    ResumeJob: change(job => job.resume()),
    RunJob: change(job => job.run()),
  };
}

/** The job with those fields replaced that the mask names; without a mask, with all that the request sets. */
function merged(job: Job, changed: WireJob, mask: readonly string[] = []): WireJob {
  const next: WireJob = toWireSettings(job.settings);
  const settable = Object.keys(changed).filter(
    field => WHOLE_FIELDS.has(field) || GROUPS.has(field) || TARGETS.has(field),
  );
  for (const path of mask.length > 0 ? mask : settable) {
    const [field = "", inner, ...rest] = path.split(".").map(camelCase);
    const known = WHOLE_FIELDS.has(field) || TARGETS.has(field) ? inner === undefined : GROUPS.has(field);
    if (!known || rest.length > 0) {
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

function camelCase(snakeCase: string): string {
  return snakeCase.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Google's own names are long numbers too. */
function freshId(): string {
  return `${randomInt(1e9, 1e10)}${randomInt(1e9, 1e10)}`;
}
