import { userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { setClockSource } from "../../shared/clock.ts";
import type { Config } from "../../shared/config.ts";
import { config } from "../../shared/config.ts";
import { ConfigError, FirestoreTooSlow } from "../../shared/errors.ts";
import { closeFirestore } from "../../shared/google/firestore.ts";
import { closeTasks, cloudTasks } from "../../shared/google/tasks.ts";
import { readEntry } from "../../shared/pipeline/records/ledger.ts";
import { UsageError } from "../cli/usage.ts";
import { FUNCTIONS_PREFIX } from "../start/gateway.ts";
import { credentialTrouble } from "./trouble.ts";

/** The flags by which every tool is told which PulseCart it is about, and who asks. */
export const targetFlags = {
  url: { type: "string" },
  project: { type: "string" },
  region: { type: "string" },
  prefix: { type: "string" },
  "function-url": { type: "string" },
  invoker: { type: "string" },
  who: { type: "string" },
} as const;

export interface TargetFlags {
  url?: string;
  project?: string;
  region?: string;
  prefix?: string;
  "function-url"?: string;
  invoker?: string;
  who?: string;
}

export const TARGET_HELP = `Which PulseCart:
  --url URL              a local runtime; http://localhost:8000 where nothing is said
  --project P            a project on Google Cloud, with the credentials gcloud keeps for applications
  --region R             its region; us-central1 where nothing is said
  --prefix dev           of several in one project, the one that was deployed with this prefix
  --function-url URL     where its functions answer, {name} standing for the name; or FUNCTION_URL
  --invoker EMAIL        the account that calls functions; or INVOKER_EMAIL
  --who NAME             who is put on record; your user name where nothing is said`;

const LOCAL_URL = "http://localhost:8000";

/**
 * Has this process speak to a PulseCart: the functions' own code reads its environment, so that is what is set.
 * @returns what it speaks to, in words
 * @throws UsageError when there is nothing at that address, or the flags contradict each other
 * @throws Trouble without usable credentials, and what Firestore threw
 */
export async function connect(flags: TargetFlags): Promise<string> {
  const { project, url = LOCAL_URL } = flags;
  if (project !== undefined && flags.url !== undefined) {
    throw new UsageError("Give --url for a local runtime or --project for one on Google Cloud, not both.");
  }
  const environment = project === undefined ? await localEnvironment(flags) : projectEnvironment(flags);
  Object.assign(process.env, { CALLER_AUTH: "iam", ...environment });
  const { projectId } = configured();
  if (project === undefined) return `${projectId} at ${url}`;
  const emulators = EMULATORS.flatMap(name => process.env[name] ?? []);
  if (emulators.length === 0) await findCredentials();
  await findFirestore();
  return emulators.length === 0 ? projectId : `${projectId} on the emulators at ${emulators.join(" and ")}`;
}

function configured(): Config {
  try {
    return config();
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw error;
  }
}

/** Asks for them before anybody needs them: Firestore's client would end the process without them. */
async function findCredentials(): Promise<void> {
  try {
    await (await cloudTasks()).auth.getAccessToken();
  } catch (error) {
    throw credentialTrouble(error);
  }
}

/** Asks for something, which has an end: a query would be repeated for minutes before it said that it cannot be asked. */
async function findFirestore(): Promise<void> {
  await readEntry("~").catch(error => {
    if (!(error instanceof FirestoreTooSlow)) throw error;
    return readEntry("~"); // the first one had to find its way
  });
}

/** Clients go on for minutes with what was not answered; nobody waits for that. */
const LAST_ANSWER_MS = 2_000;

export async function disconnect(): Promise<void> {
  const closed = Promise.all([closeFirestore(), closeTasks()]);
  await Promise.race([closed, delay(LAST_ANSWER_MS, undefined, { ref: false })]);
}

export function whoAsks({ who }: TargetFlags): string {
  return who ?? userInfo().username;
}

interface Status {
  project_id: string;
  now: string;
  firestore: string;
  pubsub: string;
  tasks: string;
}

async function localEnvironment({ url = LOCAL_URL }: TargetFlags): Promise<Record<string, string>> {
  const status = await readStatus(url);
  // Its clock may have been moved; ages and due times are by that one.
  const aheadMs = Date.parse(status.now) - Date.now();
  setClockSource(() => Date.now() + aheadMs);
  return {
    GCP_PROJECT_ID: status.project_id,
    FUNCTION_URL: `http://127.0.0.1:${new URL(url).port || 80}${FUNCTIONS_PREFIX}{name}`,
    METADATA_SERVER_DETECTION: "none",
    FIRESTORE_EMULATOR_HOST: status.firestore,
    PUBSUB_EMULATOR_HOST: status.pubsub,
    CLOUD_TASKS_EMULATOR_HOST: status.tasks,
  };
}

async function readStatus(url: string): Promise<Status> {
  try {
    const answer = await fetch(new URL("/__local/status", url));
    if (answer.ok) return (await answer.json()) as Status;
  } catch {
    // said below, together with an answer of somebody else's
  }
  throw new UsageError(
    `No local runtime answers at ${url}: start one with npm start, or give --url or --project.`,
  );
}

/** What tools write to; clients look for these by themselves. */
const EMULATORS = ["FIRESTORE_EMULATOR_HOST", "CLOUD_TASKS_EMULATOR_HOST"];

const PROJECT_ID = /^([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const REGION = /^[a-z]+-[a-z]+\d+$/;

function projectEnvironment(flags: TargetFlags): Record<string, string> {
  const { project = "", region, prefix, invoker, "function-url": functionUrl } = flags;
  if (!PROJECT_ID.test(project)) {
    throw new UsageError("--project takes the id of a project, as gcloud projects list shows it.");
  }
  if (region !== undefined && !REGION.test(region)) {
    throw new UsageError("--region takes a region such as europe-west1.");
  }
  const [set, ...others] = EMULATORS.filter(name => process.env[name]);
  const unset = EMULATORS.find(name => !process.env[name]);
  if (set !== undefined && others.length === 0) {
    throw new UsageError(
      `${set} is set and ${unset} is not: half of this would go to Google Cloud. Unset the one or set the other.`,
    );
  }
  return {
    ...(set === undefined ? {} : { METADATA_SERVER_DETECTION: "none" }),
    GCP_PROJECT_ID: project,
    ...(region === undefined ? {} : { REGION: region }),
    ...(prefix === undefined ? {} : { RESOURCE_PREFIX: `${prefix}-` }),
    ...(functionUrl === undefined ? {} : { FUNCTION_URL: functionUrl }),
    ...(invoker === undefined ? {} : { INVOKER_EMAIL: invoker }),
  };
}
