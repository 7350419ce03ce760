import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalStatus } from "../../../start/runtime.ts";
import { EXTERNAL_SYSTEM } from "./external-system.ts";
import type { Upstreams, Wire } from "./wire.ts";
import { openWire } from "./wire.ts";

/** A process of its own for functions, which can be stopped at any of its calls, and killed. */
export interface FunctionProcess {
  /** Returns the address of a function, without a slash at the end. The first call hosts the function. */
  urlOf(functionName: string): Promise<string>;
  wire: Wire;
  /** Kills the process with SIGKILL. */
  kill(): Promise<void>;
}

/** Processes that are started ahead: one is in use while the other still loads. */
const SPARES = 2;

/** Compile cache of all processes: most of the start of a process is the compilation of the clients. */
const COMPILE_CACHE = join(tmpdir(), "pulsecart-compile-cache");

const MAIN = fileURLToPath(new URL("function-process-main.ts", import.meta.url));

interface Spare {
  child: ChildProcess;
  wire: Wire;
}

/**
 * Starts processes for functions, ahead of their use.
 * A process has this process' environment, but the addresses of the services lead through a wire of its own.
 */
export class FunctionProcesses {
  readonly #upstreams: Upstreams;
  readonly #living = new Set<Spare>();
  readonly #spares: Promise<Spare>[] = [];

  constructor(services: Pick<LocalStatus, "firestore" | "pubsub" | "tasks">, externalHost: string) {
    this.#upstreams = {
      "/google.firestore.": services.firestore,
      "/google.pubsub.": services.pubsub,
      "/google.cloud.tasks.": services.tasks,
      "/external.": externalHost,
    };
    this.#startSpares();
  }

  /** Returns a process that has done nothing yet. */
  async next(): Promise<FunctionProcess> {
    const ahead = this.#spares.shift();
    this.#startSpares();
    const { child, wire } = await (ahead ?? this.#start());
    const urls = new Map<string, Promise<string>>();
    return {
      wire,
      urlOf: functionName => {
        const url = urls.get(functionName) ?? hostIn(child, functionName);
        urls.set(functionName, url);
        return url;
      },
      kill: () => this.#end({ child, wire }),
    };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#spares);
    await Promise.all([...this.#living].map(spare => this.#end(spare)));
  }

  #startSpares(): void {
    while (this.#spares.length < SPARES) {
      const starting = this.#start();
      starting.catch(() => undefined); // `next` throws this error
      this.#spares.push(starting);
    }
  }

  async #start(): Promise<Spare> {
    const wire = await openWire(this.#upstreams);
    const { host } = wire;
    const env = {
      ...process.env,
      FIRESTORE_EMULATOR_HOST: host,
      PUBSUB_EMULATOR_HOST: host,
      CLOUD_TASKS_EMULATOR_HOST: host,
      [EXTERNAL_SYSTEM]: host,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
    };
    // Its log is ignored: most lines report failures that are part of the test.
    const child = fork(MAIN, { env, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const spare = { child, wire };
    this.#living.add(spare);
    await messageOf(child);
    return spare;
  }

  async #end({ child, wire }: Spare): Promise<void> {
    for (const spare of this.#living) if (spare.child === child) this.#living.delete(spare);
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    wire.close();
  }
}

async function hostIn(child: ChildProcess, functionName: string): Promise<string> {
  child.send(functionName);
  return `http://127.0.0.1:${await messageOf(child)}`;
}

/**
 * Waits for the next message of a process.
 * @throws Error when the process ends instead
 */
async function messageOf(child: ChildProcess): Promise<unknown> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`Function process ended: expected a message, got exit code ${code}`);
  });
  ended.catch(() => undefined);
  const [message] = (await Promise.race([once(child, "message"), ended])) as unknown[];
  return message;
}
