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
import type { TargetFlags } from "./target-flags.ts";
import { LOCAL_URL } from "./target-flags.ts";
import { credentialTrouble } from "./trouble.ts";

/**
 * Connects this process with a PulseCart. The functions' code reads its environment, so this sets the environment.
 * @returns the name and address of the PulseCart
 * @throws UsageError when no PulseCart answers, or the flags contradict each other
 * @throws Trouble without usable credentials, and Firestore's errors
 */
export async function connect(flags: TargetFlags): Promise<string> {
  const { project, url = LOCAL_URL } = flags;
  if (project !== undefined && flags.url !== undefined) {
    throw new UsageError("Target ambiguous: expected --url for a local PulseCart or --project, got both.");
  }
  const environment = project === undefined ? await localEnvironment(flags) : projectEnvironment(flags);
  Object.assign(process.env, { CALLER_AUTH: "iam", ...environment });
  const { projectId } = configured();
  if (project === undefined) return `${projectId} at ${url}`;
  const emulators = EMULATORS.flatMap(name => process.env[name] ?? []);
  if (emulators.length === 0) await checkCredentials();
  await checkFirestore();
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

/** Asks for a token first: without credentials, Firestore's client ends the process. */
async function checkCredentials(): Promise<void> {
  try {
    await (await cloudTasks()).auth.getAccessToken();
  } catch (error) {
    throw credentialTrouble(error);
  }
}

/** Reads one document, which has a timeout. Firestore's client would repeat a failing query for minutes. */
async function checkFirestore(): Promise<void> {
  await readEntry("~").catch(error => {
    if (!(error instanceof FirestoreTooSlow)) throw error;
    return readEntry("~"); // the first read includes the time to connect
  });
}

/** Max time to close the clients, which wait for unanswered requests for minutes. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Closes Google's clients. */
export async function disconnect(): Promise<void> {
  const closed = Promise.all([closeFirestore(), closeTasks()]);
  await Promise.race([closed, delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
}

/** Returns the operator's name for the audit records. */
export function operatorName({ who }: TargetFlags): string {
  return who ?? userInfo().username;
}

interface LocalStatus {
  project_id: string;
  now: string;
  firestore: string;
  pubsub: string;
  tasks: string;
}

async function localEnvironment({ url = LOCAL_URL }: TargetFlags): Promise<Record<string, string>> {
  const status = await readStatus(url);
  // The local clock may have been moved; ages and due times follow that clock.
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

async function readStatus(url: string): Promise<LocalStatus> {
  try {
    const answer = await fetch(new URL("/__local/status", url));
    if (answer.ok) return (await answer.json()) as LocalStatus;
  } catch {
    // A refused connection is reported below, as is the answer of another server.
  }
  throw new UsageError(
    `No local PulseCart answers at ${url}: start one with npm start, or give --url or --project.`,
  );
}

/** Variables with the emulators' addresses, which Google's clients read, too. */
const EMULATORS = ["FIRESTORE_EMULATOR_HOST", "CLOUD_TASKS_EMULATOR_HOST"];

function projectEnvironment(flags: TargetFlags): Record<string, string> {
  const { project = "", region, prefix, invoker, functionUrl } = flags;
  const [set, ...others] = EMULATORS.filter(name => process.env[name]);
  const unset = EMULATORS.find(name => !process.env[name]);
  if (set !== undefined && others.length === 0) {
    throw new UsageError(
      `${set} is set and ${unset} is not: half of the requests would go to Google Cloud. Set both or none.`,
    );
  }
  // Object.assign would turn an undefined value into the text "undefined".
  return {
    ...(set === undefined ? {} : { METADATA_SERVER_DETECTION: "none" }),
    GCP_PROJECT_ID: project,
    ...(region === undefined ? {} : { REGION: region }),
    ...(prefix === undefined ? {} : { RESOURCE_PREFIX: `${prefix}-` }),
    ...(functionUrl === undefined ? {} : { FUNCTION_URL: functionUrl }),
    ...(invoker === undefined ? {} : { INVOKER_EMAIL: invoker }),
  };
}
