import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { declarations } from "../plan/declarations.ts";
import type { HostedFunction } from "../plan/load-functions.ts";
import type { Started } from "../start/start.ts";
import { optionsOf, start, stop } from "../start/start.ts";
import { createForwarder } from "../verify/chaos/forward.ts";
import { createSharedClock } from "../verify/chaos/shared-clock.ts";
import type { Firebase } from "./firebase.ts";
import { startFirebase } from "./firebase.ts";
import { installedFirebaseTools } from "./firebase-tools.ts";
import { printFunctionOutput } from "./function-output.ts";
import { triggersIn } from "./functions-yaml.ts";
import type { EmulatorBinaries } from "./google-binaries.ts";
import { findEmulatorBinaries } from "./google-binaries.ts";
import { CLOCK_FILE, ENVIRONMENT_FILE, HANDLED_URL, REGION } from "./host-environment.ts";
import type { FirebaseServices } from "./services.ts";
import { startFirebaseServices } from "./services.ts";

const PROJECT = "demo-pulsecart";

/**
 * Max calls at once. Each call takes a process of its own, and the emulator's default is 50. More than two calls wait
 * for each other: Google's Firestore emulator takes seconds for a document that several calls change.
 */
const MAX_CALLS = 2;

const root = fileURLToPath(new URL("../..", import.meta.url));
const dist = join(root, "dist");
const BUILD = join(root, "esbuild.config.mjs");
/** The compile cache. Without it every process of a function compiles its bundle again. */
const COMPILE_CACHE = join(root, "node_modules", ".cache", "pulsecart-functions");

const COMMAND = { command: "npm run emulators", forgets: true } as const;

/** Runs `npm run emulators`: the same as `npm start`, on `firebase emulators:start`. */
export async function startOnEmulators(args: readonly string[]): Promise<void> {
  // A mistake in the flags ends the command before any long step.
  optionsOf(args, COMMAND);
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-emulators-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const binaries = findEmulatorBinaries(folder);
  if ("missing" in binaries)
    stop(`${COMMAND.command}: ${binaries.missing}. Without Java there is npm start.`);
  const command = orStop(() => installedFirebaseTools(say));
  say(`Building the functions, then starting ${binaries.from}.`);
  orStop(() =>
    execFileSync(process.execPath, [BUILD], { cwd: root, stdio: ["ignore", "ignore", "inherit"] }),
  );
  await start(args, { ...COMMAND, runtime: runtimeOn({ command, folder, binaries }) });
}

interface Stage {
  /** The command of firebase-tools. */
  command: string;
  /** The folder for temporary files of this process. */
  folder: string;
  binaries: EmulatorBinaries;
}

function runtimeOn(stage: Stage): Started["runtime"] {
  const before = { ...process.env };
  let services: FirebaseServices;
  let isClosing = false;
  const startCommand = () => firebaseOf(stage, why => isClosing || stop(why));
  return {
    clock: keeper => createSharedClock(keeper, clockIn(stage.folder)),
    plan: ({ subscriptions: _triggers, ...rest }) => ({ ...rest, subscriptions: [] }),
    services: async on => {
      // The emulator reads the same file. The functions cannot be loaded before their environment is known.
      const triggers = triggersIn(readFileSync(join(dist, "functions.yaml"), "utf8"));
      services = await startFirebaseServices(on, { project: PROJECT, triggers, start: startCommand });
      const close = (): void | Promise<void> => {
        isClosing = true;
        return services.close();
      };
      return { ...services, close };
    },
    load: async () => {
      const environment = { ...changedIn(process.env, before), [HANDLED_URL]: services.handledUrl };
      writeFileSync(environmentIn(stage.folder), JSON.stringify(environment));
      return forwardersTo(services.functions, await declarations());
    },
  };
}

const clockIn = (folder: string): string => join(folder, "clock");
const environmentIn = (folder: string): string => join(folder, "environment.json");

function firebaseOf({ command, folder, binaries }: Stage, onEnd: (why: string) => void): Promise<Firebase> {
  const environment = {
    ...binaries.environment,
    [ENVIRONMENT_FILE]: environmentIn(folder),
    [CLOCK_FILE]: clockIn(folder),
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    FUNCTIONS_EMULATOR_PARALLEL: String(MAX_CALLS),
    METADATA_SERVER_DETECTION: "none", // keeps the clients from looking for Google's metadata server
  };
  const wanted = { command, project: PROJECT, source: dist, folder, environment };
  return startFirebase({ ...wanted, onLine: printFunctionOutput, onEnd });
}

function orStop<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    stop(error instanceof Error ? error.message : String(error));
  }
}

/** Returns a forwarder to each function in the emulator. An address there contains the name, a request does not. */
function forwardersTo(functions: string, all: readonly Declaration[]): HostedFunction[] {
  const [, port] = functions.split(":");
  return all.map(declaration => {
    const prefix = `/${PROJECT}/${REGION}/${declaration.name}`;
    return { declaration, server: createForwarder({ port: Number(port), prefix }) };
  });
}

/** Returns the variables that changed. */
function changedIn(now: NodeJS.ProcessEnv, before: NodeJS.ProcessEnv): Record<string, string> {
  const changed = Object.entries(now).filter(([name, value]) => value !== before[name]);
  return Object.fromEntries(changed.map(([name, value = ""]) => [name, value]));
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}
