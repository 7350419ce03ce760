import { databaseIdOf } from "../../shared/config.ts";
import { hashOf } from "../../shared/values/ids.ts";

/** The place and prefix of one deployment. This file makes every name on Google Cloud. */
export interface Target {
  project: string;
  region: string;
  /** The beginning of every name, such as "dev-"; "" for the only PulseCart of a project. */
  prefix: string;
  /** The settings by the names of their variables. */
  settings: Readonly<Record<string, string>>;
  /** The dataset in BigQuery that every event is written to. Absent: none. */
  bigQueryDataset?: string;
}

/** Max characters of an account's id: https://docs.cloud.google.com/iam/docs/service-accounts-create (6 to 30). */
const MAX_ACCOUNT_ID = 30;
const ACCOUNT_HASH = 6;

/** Returns the id of an account: of a function, of the caller of functions ("invoker") or of their builder ("build"). */
export function accountId({ prefix }: Target, name: string): string {
  const full = `${prefix}pulsecart-${name}`;
  if (full.length <= MAX_ACCOUNT_ID) return full;
  return `${full.slice(0, MAX_ACCOUNT_ID - ACCOUNT_HASH - 1)}-${hashOf(full).slice(0, ACCOUNT_HASH)}`;
}

/** Returns the email of an account. */
export function accountEmail(target: Target, name: string): string {
  return `${accountId(target, name)}@${target.project}.iam.gserviceaccount.com`;
}

/** Returns an account as the member of a policy. */
export function memberOf(target: Target, name: string): string {
  return `serviceAccount:${accountEmail(target, name)}`;
}

export const INVOKER = "invoker";
export const BUILD = "build";

/** Returns Google's own account for Pub/Sub in a project. The account pushes and moves messages to the dead letters. */
export const pubsubAgentMember = (projectNumber: string): string =>
  `serviceAccount:service-${projectNumber}@gcp-sa-pubsub.iam.gserviceaccount.com`;

/** Returns the address of a deployed function. The functions derive it in the same way. */
export function urlOf({ project, region, prefix }: Target, functionName: string): string {
  return `https://${region}-${project}.cloudfunctions.net/${prefix}${functionName}`;
}

/** Returns the name of the database: `(default)`, or a name with the prefix. */
export function databaseId({ prefix }: Target): string {
  return databaseIdOf(prefix);
}

/** Returns the flags with the location: gcloud names a region `--region` or `--location`. */
export const inProject = ({ project }: Target) => [`--project=${project}`];
export const inRegion = ({ project, region }: Target) => [`--region=${region}`, `--project=${project}`];
export const inLocation = ({ project, region }: Target) => [`--location=${region}`, `--project=${project}`];
