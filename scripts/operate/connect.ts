import { userInfo } from "node:os";
import { setClockSource } from "../../shared/clock.ts";
import { config } from "../../shared/config.ts";
import { ConfigError } from "../../shared/errors.ts";
import { closeFirestore } from "../../shared/google/firestore.ts";
import { closeTasks } from "../../shared/google/tasks.ts";
import { FUNCTIONS_PREFIX } from "../local/gateway.ts";
import { UsageError } from "./usage.ts";

/** The flags by which every tool is told which PulseCart it is about, and who asks. */
export const targetFlags = {
  url: { type: "string" },
  project: { type: "string" },
  region: { type: "string" },
  "function-url": { type: "string" },
  invoker: { type: "string" },
  who: { type: "string" },
} as const;

export interface TargetFlags {
  url?: string;
  project?: string;
  region?: string;
  "function-url"?: string;
  invoker?: string;
  who?: string;
}

export const TARGET_HELP = `Which PulseCart:
  --url URL              a local runtime; http://localhost:8000 where nothing is said
  --project P            a project on Google Cloud, with the credentials gcloud keeps for applications
  --region R             its region; us-central1 where nothing is said
  --function-url URL     where its functions answer, {name} standing for the name; or FUNCTION_URL
  --invoker EMAIL        the account that calls functions; or INVOKER_EMAIL
  --who NAME             who is put on record; your user name where nothing is said`;

const LOCAL_URL = "http://localhost:8000";

/**
 * Has this process speak to a PulseCart: the functions' own code reads its environment, so that is what is set.
 * @returns what it speaks to, in words
 * @throws UsageError when there is nothing at that address, or the flags contradict each other
 */
export async function connect(flags: TargetFlags): Promise<string> {
  if (flags.project !== undefined && flags.url !== undefined) {
    throw new UsageError("Give --url for a local runtime or --project for one on Google Cloud, not both.");
  }
  const environment = flags.project === undefined ? await localEnvironment(flags) : projectEnvironment(flags);
  Object.assign(process.env, { INNER_DOOR: "iam", ...environment });
  try {
    return `${config().projectId}${flags.project === undefined ? ` at ${flags.url ?? LOCAL_URL}` : ""}`;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw error;
  }
}

export async function disconnect(): Promise<void> {
  await Promise.all([closeFirestore(), closeTasks()]);
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

function projectEnvironment(flags: TargetFlags): Record<string, string> {
  const { project = "", region, invoker, "function-url": functionUrl } = flags;
  return {
    GCP_PROJECT_ID: project,
    ...(region === undefined ? {} : { REGION: region }),
    ...(functionUrl === undefined ? {} : { FUNCTION_URL: functionUrl }),
    ...(invoker === undefined ? {} : { INVOKER_EMAIL: invoker }),
  };
}
