import { invalidArgument } from "../rpc-error.ts";

/** google/cloud/scheduler/v1/job.proto, Job.name. */
const LOCATION = /^projects\/[A-Za-z0-9:.-]+\/locations\/[^/]+$/;
const JOB = /^(projects\/[A-Za-z0-9:.-]+\/locations\/[^/]+)\/jobs\/[A-Za-z0-9_-]{1,500}$/;

/** Throws INVALID_ARGUMENT for anything that is not projects/P/locations/L. */
export function checkLocation(name = ""): string {
  if (LOCATION.test(name)) return name;
  throw invalidArgument(
    `Malformed location name "${name}": it must be projects/PROJECT_ID/locations/LOCATION_ID.`,
  );
}

/** The location of a job. Throws INVALID_ARGUMENT for a name that breaks Google's rules. */
export function locationOf(jobName = ""): string {
  const location = JOB.exec(jobName)?.[1];
  if (location) return location;
  throw invalidArgument(
    `Malformed job name "${jobName}": it must be projects/PROJECT_ID/locations/LOCATION_ID/jobs/JOB_ID, the id 1 to 500 letters, digits, hyphens or underscores.`,
  );
}

/** The last part of a name: what Google puts into the header. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
