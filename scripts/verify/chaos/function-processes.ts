import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitForPort } from "../../local-cloud/wait-for-port.ts";

export interface FunctionProcessesOptions {
  /** The folder of the bundles. */
  bundles: string;
  /** Ports by function name. */
  ports: Readonly<Record<string, number>>;
  environment: Readonly<Record<string, string>>;
  /** The file of the shared clock. */
  clock: string;
  /** Names the log file of a function. */
  logOf(name: string): string;
}

const PRELOAD = fileURLToPath(new URL("function-preload.ts", import.meta.url));
const FRAMEWORK = join(
  dirname(createRequire(import.meta.url).resolve("@google-cloud/functions-framework")),
  "main.js",
);

/** Max processes that start concurrently: more would only compete for the processors. */
const MAX_STARTING = 3;

/** Every deployed function as a process of its own, under the command of the functions-framework. */
export class FunctionProcesses {
  readonly #options: FunctionProcessesOptions;
  readonly #running = new Map<string, ChildProcess>();
  readonly #killed = new WeakSet<ChildProcess>();
  readonly #ended: string[] = [];
  #kills = 0;
  #isClosing = false;

  private constructor(options: FunctionProcessesOptions) {
    this.#options = options;
  }

  /**
   * Starts the processes and waits until all listen.
   * @throws Error when a process ends or does not listen in time
   */
  static async start(options: FunctionProcessesOptions): Promise<FunctionProcesses> {
    const processes = new FunctionProcesses(options);
    const names = Object.keys(options.ports).values();
    const startSome = async (): Promise<void> => {
      for (const name of names) {
        processes.#start(name);
        await processes.#isUp(name);
      }
    };
    try {
      await Promise.all(Array.from({ length: MAX_STARTING }, startSome));
    } catch (error) {
      await processes.close();
      const ended = processes.ended.slice(0, 1);
      throw new Error(["Not every function could be started.", ...ended].join(" "), { cause: error });
    }
    return processes;
  }

  /** One sentence for each process that ended without a kill. */
  get ended(): readonly string[] {
    return this.#ended;
  }

  /** Kills a process with SIGKILL. The process is restarted at once. */
  readonly kill = (name: string): void => {
    const child = this.#running.get(name);
    if (!child) {
      const names = [...this.#running.keys()].join(", ");
      throw new Error(`function unknown: expected one of ${names}, got ${name}`);
    }
    this.#killed.add(child);
    child.kill("SIGKILL");
  };

  /** Waits until all processes listen. */
  async up(): Promise<void> {
    await Promise.all([...this.#running.keys()].map(name => this.#isUp(name)));
  }

  /** Returns the number of killed processes so far. */
  kills(): number {
    return this.#kills;
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const exits = [...this.#running.values()].map(child => {
      child.kill("SIGKILL");
      return child.exitCode !== null || child.signalCode !== null ? undefined : once(child, "exit");
    });
    await Promise.all(exits);
  }

  #start(name: string): void {
    const child = spawnFunction(name, this.#options);
    this.#running.set(name, child);
    child.once("exit", (code, signal) => {
      if (this.#isClosing) return;
      if (this.#killed.has(child)) this.#kills += 1;
      else {
        const log = this.#options.logOf(name);
        this.#ended.push(`${name} ended without a kill, with ${signal ?? code}: see ${log}`);
      }
      this.#start(name);
    });
  }

  #isUp(name: string): Promise<void> {
    return waitForPort(this.#options.ports[name] ?? 0);
  }
}

function spawnFunction(
  name: string,
  { bundles, ports, environment, clock, logOf }: FunctionProcessesOptions,
): ChildProcess {
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
  // Detached: Ctrl-C must reach the parent only.
  const child = spawn(process.execPath, args, { env, stdio: ["pipe", output, output], detached: true });
  closeSync(output);
  return child;
}
