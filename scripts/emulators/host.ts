// What the Firebase emulator loads instead of a deployed bundle: one module that holds every function. Built into
// dist/index.js; never deployed.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire, flushCompileCache } from "node:module";
import { join } from "node:path";
import { openSharedClock } from "../verify/chaos/shared-clock.ts";
import type { Handled } from "./handled.ts";
import { CLOCK_FILE, ENVIRONMENT_FILE, HANDLED_URL, REGION } from "./host-environment.ts";

interface Hosted {
  declaration: object;
  /** What takes messages has this, for everybody else. */
  calls?: unknown;
}

/**
 * The functions whose bundles are in a folder, by name. Each is loaded when it is asked for: the emulator runs every
 * function in a process of its own.
 */
export function hostFunctions(folder: string): object {
  complete(process.env);
  const load = createRequire(join(folder, "index.js"));
  const names = readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name);
  const loaded = new Map<string, object | undefined>();
  // The emulator asks again for every call.
  const get = (name: string) => () => {
    if (!loaded.has(name)) loaded.set(name, reporting(functionIn(() => load(`./${name}/index.js`))));
    return loaded.get(name);
  };
  return Object.defineProperties(
    {},
    Object.fromEntries(names.map(name => [name, { enumerable: true, get: get(name) }])),
  );
}

function functionIn(load: () => Record<string, object>): Hosted | undefined {
  const exported = inSharedTime(() => Object.values(load()));
  // The emulator ends its processes in a way that leaves no time to write.
  flushCompileCache();
  return exported.find((one): one is Hosted => "declaration" in one);
}

/**
 * What the functions find in their environment. By itself the emulator gives them Firestore and Pub/Sub only: there
 * is nobody to call an inner door, and nobody who takes tasks, which wait in the ledger then.
 */
function complete(environment: NodeJS.ProcessEnv): void {
  const project = environment["GCLOUD_PROJECT"] ?? "";
  const alone = {
    GCP_PROJECT_ID: project,
    CALLER_AUTH: "verify",
    CALLER_AUTH_KEYS: JSON.stringify({ keys: [] }),
    FUNCTION_URL: `http://127.0.0.1:5001/${project}/${REGION}/{name}`,
    CLOUD_TASKS_EMULATOR_HOST: "127.0.0.1:9", // RFC 863's port: nobody listens
    METADATA_SERVER_DETECTION: "none", // the clients would look for Google's metadata server otherwise
  };
  const file = environment[ENVIRONMENT_FILE];
  const told = file === undefined ? {} : JSON.parse(readFileSync(file, "utf8"));
  Object.assign(environment, { ...alone, ...environment, ...told });
}

/** The bundle's clock takes hold of Date.now as it is loaded. Nothing else may see it: gRPC's deadlines are real time. */
function inSharedTime<T>(load: () => T): T {
  const file = process.env[CLOCK_FILE];
  if (file === undefined) return load();
  const realNow = Date.now;
  Date.now = openSharedClock(file).now;
  try {
    return load();
  } finally {
    Date.now = realNow;
  }
}

/** A function of messages that tells how it ended, where somebody wants to know: the emulator tells nobody. */
function reporting(hosted: Hosted | undefined): object | undefined {
  const { [HANDLED_URL]: url, K_SERVICE: trigger = "" } = process.env;
  if (url === undefined || !isMessageFunction(hosted)) return hosted;
  const tell = async (handled: Handled): Promise<void> => {
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(handled) });
    await answer.body?.cancel();
  };
  const handle = async (event: MessageEvent): Promise<void> => {
    const { messageId } = event.data.message;
    let ok = false;
    try {
      await hosted(event);
      ok = true;
    } finally {
      await tell({ trigger, messageId, ok });
    }
  };
  return Object.assign(handle, hosted);
}

interface MessageEvent {
  data: { message: { messageId: string } };
}

function isMessageFunction(
  hosted: Hosted | undefined,
): hosted is Hosted & ((event: MessageEvent) => Promise<void>) {
  return typeof hosted === "function" && "calls" in hosted;
}
