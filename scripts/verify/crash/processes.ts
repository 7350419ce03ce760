import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalStatus } from "../../start/runtime.ts";
import { OUTSIDE_WORLD } from "./outside.ts";
import type { Wire } from "./wire.ts";
import { openWire } from "./wire.ts";

/** Functions in a process of their own, which can be stopped at any of its calls, and killed. */
export interface FunctionProcess {
  /** Where a function answers, without a slash at the end; it is hosted from the first time on. */
  urlOf(functionName: string): Promise<string>;
  wire: Wire;
  /** With SIGKILL. */
  kill(): Promise<void>;
}

export interface Processes {
  /** A process that has done nothing yet. */
  take(): Promise<FunctionProcess>;
  close(): Promise<void>;
}

/** So many are started ahead: one is taken while the other is still loading. */
const SPARES = 2;

/** Most of a start is compiling the clients: later processes find that done. */
const COMPILE_CACHE = join(tmpdir(), "pulsecart-compile-cache");

const MAIN = fileURLToPath(new URL("function-process.ts", import.meta.url));

interface Spare {
  child: ChildProcess;
  wire: Wire;
}

/** Their environment is this process' own, but for the way to the services: that goes over a wire of its own. */
export function createProcesses(
  services: Pick<LocalStatus, "firestore" | "pubsub" | "tasks">,
  outsideHost: string,
): Processes {
  const upstreams = {
    "/google.firestore.": services.firestore,
    "/google.pubsub.": services.pubsub,
    "/google.cloud.tasks.": services.tasks,
    "/outside.": outsideHost,
  };
  const living = new Set<Spare>();
  const spares: Promise<Spare>[] = [];

  async function start(): Promise<Spare> {
    const wire = await openWire(upstreams);
    const { host } = wire;
    const env = {
      ...process.env,
      FIRESTORE_EMULATOR_HOST: host,
      PUBSUB_EMULATOR_HOST: host,
      CLOUD_TASKS_EMULATOR_HOST: host,
      [OUTSIDE_WORLD]: host,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
    };
    // What it logs is about failures that are brought about on purpose.
    const child = fork(MAIN, { env, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const spare = { child, wire };
    living.add(spare);
    await answerOf(child);
    return spare;
  }

  async function end(spare: Spare): Promise<void> {
    living.delete(spare);
    if (spare.child.exitCode === null && spare.child.signalCode === null) {
      const gone = once(spare.child, "exit");
      spare.child.kill("SIGKILL");
      await gone;
    }
    spare.wire.close();
  }

  const startSpares = (): void => {
    while (spares.length < SPARES) {
      const starting = start();
      starting.catch(() => undefined); // whoever takes it is told
      spares.push(starting);
    }
  };
  startSpares();
  return {
    async take() {
      const next = spares.shift();
      startSpares();
      const spare = await (next ?? start());
      const urls = new Map<string, Promise<string>>();
      const host = async (functionName: string): Promise<string> => {
        spare.child.send(functionName);
        return `http://127.0.0.1:${await answerOf(spare.child)}`;
      };
      return {
        wire: spare.wire,
        urlOf: functionName => {
          const url = urls.get(functionName) ?? host(functionName);
          urls.set(functionName, url);
          return url;
        },
        kill: () => end(spare),
      };
    },
    async close() {
      await Promise.allSettled(spares);
      await Promise.all([...living].map(end));
    },
  };
}

/** @throws Error when the process ended instead */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`A function's process ended by itself, with ${code}`);
  });
  ended.catch(() => undefined);
  const [answer] = (await Promise.race([once(child, "message"), ended])) as unknown[];
  return answer;
}
