import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitForPort } from "../../local-cloud/wait-for-port.ts";

/** Every deployed function as its own process, under the command of the functions-framework. */
export interface FunctionProcesses {
  /** With SIGKILL; it is started again at once. */
  kill(name: string): void;
  /** Resolves when all of them answer. */
  up(): Promise<void>;
  /** How many were killed so far. */
  kills(): number;
  /** Who ended without being killed, in words. */
  readonly ended: readonly string[];
  close(): Promise<void>;
}

export interface FunctionsWanted {
  /** The folder of the bundles. */
  bundles: string;
  /** By the name of the function. */
  ports: Readonly<Record<string, number>>;
  environment: Readonly<Record<string, string>>;
  /** The file that tells the time. */
  clock: string;
  /** The file for what a function prints. */
  logOf(name: string): string;
}

const PRELOAD = fileURLToPath(new URL("function-preload.ts", import.meta.url));
const FRAMEWORK = join(
  dirname(createRequire(import.meta.url).resolve("@google-cloud/functions-framework")),
  "main.js",
);

/** Started at once; more would only wait for each other's processor. */
const AT_ONCE = 3;

export async function startFunctionProcesses(wanted: FunctionsWanted): Promise<FunctionProcesses> {
  const living = new Map<string, ChildProcess>();
  const killed = new WeakSet<ChildProcess>();
  const ended: string[] = [];
  let kills = 0;
  let isClosing = false;

  function start(name: string): void {
    const child = spawnFunction(name, wanted);
    living.set(name, child);
    child.once("exit", (code, signal) => {
      if (isClosing) return;
      if (killed.has(child)) kills += 1;
      else ended.push(`${name} ended by itself with ${signal ?? code}: see ${wanted.logOf(name)}`);
      start(name);
    });
  }
  const isUp = (name: string) => waitForPort(wanted.ports[name] ?? 0);
  const waiting = Object.keys(wanted.ports).values();
  const startSome = async (): Promise<void> => {
    for (const name of waiting) {
      start(name);
      await isUp(name);
    }
  };
  const close = async (): Promise<void> => {
    isClosing = true;
    const gone = [...living.values()].map(child => {
      child.kill("SIGKILL");
      return child.exitCode !== null || child.signalCode !== null ? undefined : once(child, "exit");
    });
    await Promise.all(gone);
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, startSome));
  } catch (error) {
    await close();
    throw new Error(["Not every function could be started.", ...ended.slice(0, 1)].join(" "), {
      cause: error,
    });
  }
  return {
    ended,
    kills: () => kills,
    kill(name) {
      const child = living.get(name);
      if (!child) throw new Error(`There is no function ${name}`);
      killed.add(child);
      child.kill("SIGKILL");
    },
    up: async () => void (await Promise.all([...living.keys()].map(isUp))),
    close,
  };
}

function spawnFunction(
  name: string,
  { bundles, ports, environment, clock, logOf }: FunctionsWanted,
): ChildProcess {
  // Ctrl-C is for whoever started it.
  const output = openSync(logOf(name), "a");
  const source = join(bundles, name);
  const args = [
    "--import",
    PRELOAD,
    FRAMEWORK,
    `--target=${name}`,
    `--source=${source}`,
    `--port=${ports[name]}`,
  ];
  const env = {
    ...process.env,
    ...environment,
    CHAOS_CLOCK: clock,
    CHAOS_BUNDLE: join(source, "index.js"),
    NODE_COMPILE_CACHE: join(bundles, ".compile-cache"),
  };
  const child = spawn(process.execPath, args, { env, stdio: ["pipe", output, output], detached: true });
  closeSync(output);
  return child;
}
