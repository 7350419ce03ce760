import type { NameKind } from "../delivery/names.ts";
import { parentOf } from "../delivery/names.ts";

// Source of both patterns: google/cloud/scheduler/v1/job.proto, Job.name.
const LOCATION: NameKind = {
  noun: "location",
  pattern: /^(projects\/[A-Za-z0-9:.-]+\/locations\/[^/]+)$/,
  form: "projects/PROJECT_ID/locations/LOCATION_ID",
};
const JOB: NameKind = {
  noun: "job",
  pattern: /^(projects\/[A-Za-z0-9:.-]+\/locations\/[^/]+)\/jobs\/[A-Za-z0-9_-]{1,500}$/,
  form: "projects/PROJECT_ID/locations/LOCATION_ID/jobs/JOB_ID, the id 1 to 500 letters, digits, hyphens or underscores",
};

/** Returns the location. @throws RpcError INVALID_ARGUMENT for any other name */
export function checkLocation(name = ""): string {
  return parentOf(LOCATION, name);
}

/** Returns the location of a job. @throws RpcError INVALID_ARGUMENT for a name that breaks Google's rules */
export function locationOf(jobName = ""): string {
  return parentOf(JOB, jobName);
}
