import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { closeFirestore } from "../../../../shared/google/firestore.ts";
import { closePubSub } from "../../../../shared/google/pubsub.ts";
import { closeTasks } from "../../../../shared/google/tasks.ts";
import type { Operations } from "../../../local-cloud/firestore/operations.ts";
import { freePorts } from "../../../verify/chaos/ports.ts";
import type { CloudSettings, CloudStatus } from "./cloud-process.ts";
import { startInstances } from "./instances.ts";

/** A local cloud with the functions of the day close, each in processes of its own. */
export interface DayCloseCloud {
  /** @throws Error when an instance has ended; the closing could not end */
  check(): void;
  /** Counts Firestore's operations so far. */
  operations(): Promise<Operations>;
  /** Peak memory of the largest instance, in bytes. */
  peakBytes(): number;
  /** Processor time of all instances so far, in seconds. */
  cpuSeconds(): number;
  close(): Promise<void>;
}

/** Instances per function: while one waits for Firestore, the other one works. */
const INSTANCES = 2;
/** Ports of the local cloud: its own, Firestore, Pub/Sub, Cloud Tasks and Cloud Scheduler. */
const CLOUD_PORTS = 5;
const SCRIPT = fileURLToPath(new URL("cloud-process.ts", import.meta.url));

/** Ports of the local cloud and of the instances. They are the same for every closing of one run. */
export interface DayClosePorts {
  own: readonly number[];
  ports: Readonly<Record<string, readonly number[]>>;
}

export async function chooseDayClosePorts(): Promise<DayClosePorts> {
  const own = await freePorts(CLOUD_PORTS + 2 * INSTANCES);
  const [close, recommend] = [own.splice(CLOUD_PORTS, INSTANCES), own.splice(CLOUD_PORTS, INSTANCES)];
  return { own, ports: { "close-shard": close, recommend } };
}

/** Opens the local cloud with the state of a folder. The clients of this process use the cloud from then on. */
export async function openDayCloseCloud(
  { folder, data }: { folder: string; data: string },
  { own, ports }: DayClosePorts,
): Promise<DayCloseCloud> {
  const cloud = fork(SCRIPT, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const closing: (() => Promise<unknown>)[] = [() => end(cloud)];
  const close = async (): Promise<void> => {
    for (const one of closing.reverse()) await one();
  };
  try {
    const { environment } = await ask(cloud, { data, own, ports } satisfies CloudSettings);
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

/** @throws Error when the cloud ends instead of an answer */
async function ask(cloud: ChildProcess, message: object): Promise<CloudStatus> {
  const ended = once(cloud, "exit").then(([code]) => {
    throw new Error(`Local cloud ended: expected an answer, got exit code ${code}`);
  });
  ended.catch(() => undefined);
  const answer = once(cloud, "message");
  cloud.send(message);
  const [status] = (await Promise.race([answer, ended])) as [CloudStatus];
  return status;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
