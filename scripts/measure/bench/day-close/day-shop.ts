import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { closeFirestore } from "../../../../shared/google/firestore.ts";
import { closePubSub } from "../../../../shared/google/pubsub.ts";
import { closeTasks } from "../../../../shared/google/tasks.ts";
import type { Operations } from "../../../local-cloud/firestore/operations.ts";
import { freePorts } from "../../../verify/chaos/ports.ts";
import type { CloudTold, CloudWanted } from "./cloud.ts";
import { startInstances } from "./instances.ts";

/** A local cloud with the functions of the night, each of them in processes of its own. */
export interface DayCloseShop {
  /** @throws Error when an instance has ended: then the night does not. */
  check(): void;
  /** What Firestore was asked to do so far. */
  operations(): Promise<Operations>;
  /** The most that any instance of a function had in memory. */
  peakBytes(): number;
  /** Processor time of all instances so far. */
  cpuSeconds(): number;
  close(): Promise<void>;
}

/** Of each function: while one waits for Firestore another one works. */
const INSTANCES = 2;
const CLOUD = fileURLToPath(new URL("cloud.ts", import.meta.url));

/** Where the local cloud and the instances of its functions answer: the same ports whenever it is opened. */
export interface DayClosePorts {
  own: readonly number[];
  ports: Readonly<Record<string, readonly number[]>>;
}

export async function chooseDayClosePorts(): Promise<DayClosePorts> {
  const own = await freePorts(5 + 2 * INSTANCES);
  const [close, recommend] = [own.splice(5, INSTANCES), own.splice(5, INSTANCES)];
  return { own, ports: { "close-shard": close, recommend } };
}

/** Opens it with the state in a folder; from then on this process' own clients talk to it as well. */
export async function openDayCloseShop(
  { folder, data }: { folder: string; data: string },
  { own, ports }: DayClosePorts,
): Promise<DayCloseShop> {
  const cloud = fork(CLOUD, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const closing: (() => Promise<unknown>)[] = [() => end(cloud)];
  const close = async (): Promise<void> => {
    for (const one of closing.reverse()) await one();
  };
  try {
    const { environment } = await ask(cloud, { data, own, ports } satisfies CloudWanted);
    Object.assign(process.env, environment);
    closing.push(() => Promise.all([closeFirestore(), closePubSub(), closeTasks()]));
    const instances = await startInstances({ folder, ports, environment });
    closing.push(instances.close);
    return {
      check: () => {
        const ended = instances.ended();
        if (ended.length > 0) throw new Error(ended.join("; "));
      },
      operations: async () => (await ask(cloud, {})).operations,
      peakBytes: instances.peakBytes,
      cpuSeconds: instances.cpuSeconds,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws Error when it has ended instead */
async function ask(cloud: ChildProcess, message: object): Promise<CloudTold> {
  const ended = once(cloud, "exit").then(([code]) => {
    throw new Error(`The local cloud ended with ${code}`);
  });
  ended.catch(() => undefined);
  const answer = once(cloud, "message");
  cloud.send(message);
  const [told] = (await Promise.race([answer, ended])) as [CloudTold];
  return told;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
