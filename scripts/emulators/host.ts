// The Firebase emulator loads this module in place of the deployed bundles, and gets every function from it. The build
// writes the module to dist/index.js. A deployment leaves it out.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire, flushCompileCache } from "node:module";
import { join } from "node:path";
import { openSharedClock } from "../verify/chaos/shared-clock.ts";
import type { Handled } from "./handled.ts";
import { CLOCK_FILE, ENVIRONMENT_FILE, HANDLED_URL, REGION } from "./host-environment.ts";

interface Hosted {
  declaration: object;
  /** The HTTP entry of a function that receives messages. */
  calls?: unknown;
}

/**
 * Returns the functions whose bundles are in a folder, by name.
 * A function is loaded on its first access, because the emulator runs every function in a process of its own.
 */
export function hostFunctions(folder: string): object {
  completeEnvironment(process.env);
  const load = createRequire(join(folder, "index.js"));
  const names = readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name);
  const loaded = new Map<string, object | undefined>();
  // The emulator reads the property again for every call.
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
  // The emulator kills its processes, so the cache is written now.
  flushCompileCache();
  return exported.find((one): one is Hosted => "declaration" in one);
}

/**
 * Completes the environment of the functions. The emulator alone provides Firestore and Pub/Sub only. Without
 * `npm run emulators` no caller has a valid token, and no service accepts tasks: they wait in the ledger.
 */
function completeEnvironment(environment: NodeJS.ProcessEnv): void {
  const project = environment["GCLOUD_PROJECT"] ?? "";
  const defaults = {
    GCP_PROJECT_ID: project,
    CALLER_AUTH: "verify",
    CALLER_AUTH_KEYS: JSON.stringify({ keys: [] }),
    FUNCTION_URL: `http://127.0.0.1:5001/${project}/${REGION}/{name}`,
    CLOUD_TASKS_EMULATOR_HOST: "127.0.0.1:9", // the discard port of RFC 863, on which no service listens
    METADATA_SERVER_DETECTION: "none", // keeps the clients from looking for Google's metadata server
  };
  const file = environment[ENVIRONMENT_FILE];
  const given = file === undefined ? {} : JSON.parse(readFileSync(file, "utf8"));
  Object.assign(environment, { ...defaults, ...environment, ...given });
}

/**
 * Loads a bundle whose clock is the shared one. The bundle reads the function Date.now once, at its load. Other code
 * keeps the real time, as gRPC's deadlines need.
 */
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

/** Wraps a function of messages so that it reports its result. The emulator itself reports no results. */
function reporting(hosted: Hosted | undefined): object | undefined {
  const { [HANDLED_URL]: url, K_SERVICE: trigger = "" } = process.env;
  if (url === undefined || !isMessageFunction(hosted)) return hosted;
  const report = async (handled: Handled): Promise<void> => {
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
      await report({ trigger, messageId, ok });
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
