import { hashOf } from "../../shared/values/ids.ts";

/** Which PulseCart is deployed where. Every name that Google Cloud keeps is made here. */
export interface Target {
  project: string;
  region: string;
  /** "" or, say, "dev-": several PulseCarts in one project differ by it in every name. */
  prefix: string;
  /** What whoever deploys says about this PulseCart, by the name of its variable. */
  settings: Readonly<Record<string, string>>;
  /** A dataset that every event is to be kept in, besides the archive. */
  bigQueryDataset?: string;
}

/** https://docs.cloud.google.com/iam/docs/service-accounts-create: 6 to 30 characters. */
const MAX_ACCOUNT_ID = 30;
const ACCOUNT_HASH = 6;

/** The id of the account that a function runs as, or that calls functions ("invoker"), or builds them ("build"). */
export function accountId({ prefix }: Target, name: string): string {
  const full = `${prefix}pulsecart-${name}`;
  if (full.length <= MAX_ACCOUNT_ID) return full;
  return `${full.slice(0, MAX_ACCOUNT_ID - ACCOUNT_HASH - 1)}-${hashOf(full).slice(0, ACCOUNT_HASH)}`;
}

export function accountEmail(target: Target, name: string): string {
  return `${accountId(target, name)}@${target.project}.iam.gserviceaccount.com`;
}

export function memberOf(target: Target, name: string): string {
  return `serviceAccount:${accountEmail(target, name)}`;
}

export const INVOKER = "invoker";
export const BUILD = "build";

/** Google's own account for Pub/Sub in this project: it pushes, and moves messages to the dead letters. */
export const pubsubAgentMember = (projectNumber: string): string =>
  `serviceAccount:service-${projectNumber}@gcp-sa-pubsub.iam.gserviceaccount.com`;

/** Where a deployed function answers; the functions themselves work it out in the same way. */
export function urlOf({ project, region, prefix }: Target, functionName: string): string {
  return `https://${region}-${project}.cloudfunctions.net/${prefix}${functionName}`;
}

/** A project's own database is `(default)`; one beside it is named by its prefix. */
export function databaseId({ prefix }: Target): string {
  return prefix === "" ? "(default)" : `${prefix}pulsecart`;
}

/** The flags that say where, for commands that take a region under one of its two names. */
export const inProject = ({ project }: Target) => [`--project=${project}`];
export const inRegion = ({ project, region }: Target) => [`--region=${region}`, `--project=${project}`];
export const inLocation = ({ project, region }: Target) => [`--location=${region}`, `--project=${project}`];
