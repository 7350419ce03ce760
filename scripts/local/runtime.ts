import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { setClockSource } from "../../shared/clock.ts";
import { config, functionUrl } from "../../shared/config.ts";
import { closeFirestore } from "../../shared/google/firestore.ts";
import { closePubSub, pubsub } from "../../shared/google/pubsub.ts";
import { closeTasks, cloudTasks } from "../../shared/google/tasks.ts";
import { planOf } from "../deploy/plan.ts";
import { applyPlan } from "./apply-plan.ts";
import { setCallFaults } from "./call-faults.ts";
import type { LocalClock } from "./clock.ts";
import { createLocalClock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import { createFaults } from "./faults.ts";
import { startFirestore } from "./firestore/firestore.ts";
import { createGateway, FUNCTIONS_PREFIX } from "./gateway.ts";
import type { Identity } from "./identity.ts";
import { createIdentity } from "./identity.ts";
import type { HostedFunction } from "./load-functions.ts";
import { loadFunctions } from "./load-functions.ts";
import { createLocalApi } from "./local-api.ts";
import { startPubSub } from "./pubsub/pubsub.ts";
import { createSchedulerClient } from "./scheduler/client.ts";
import type { JobStatus } from "./scheduler/job.ts";
import { startScheduler } from "./scheduler/scheduler.ts";
import { startTasks } from "./tasks/tasks.ts";

export interface LocalRuntime {
  /** The gateway's address, without a slash at its end. */
  url: string;
  functions: readonly HostedFunction[];
  clock: LocalClock;
  /** Signs the tokens that functions let callers in with. */
  identity: Identity;
  /** What goes wrong in the services, on demand. */
  faults: Faults;
  status(): LocalStatus;
  /** Resolves when nothing due is left undelivered. */
  settle(): Promise<void>;
  /** Moves the clock, stepping to each due item and letting things settle in between. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  /** Of the gateway; 0 takes any free one. */
  port: number;
  /** Loads what is hosted: every function of this folder, or what a test declares. */
  load?: () => Promise<HostedFunction[]>;
}

export interface LocalStatus {
  project_id: string;
  now: string;
  firestore: string;
  pubsub: string;
  tasks: string;
  scheduler: string;
  queues: object;
  jobs: JobStatus[];
  undelivered: object[];
}

/** What is under way may finish before the end; what goes on and on may not. */
const LAST_SETTLE_MS = 2_000;

const PROJECT = "demo-pulsecart"; // Google's tools treat a project called demo-… as one that is not there

/**
 * Starts the services, then every function through the functions-framework, all in this process, and answers
 * when they are ready. It sets the environment its functions read, so one process holds one runtime.
 * @throws NodeJS.ErrnoException EADDRINUSE when the port is taken
 */
export async function startRuntime({ port, load = loadFunctions }: RuntimeOptions): Promise<LocalRuntime> {
  const gateway = createGateway();
  const url = `http://localhost:${await listen(gateway.server, port)}`;
  const clock = createLocalClock();
  setClockSource(clock.now);
  const identity = await createIdentity();
  const faults = createFaults();
  setCallFaults(faults.ofCall);
  const [firestore, pubsubService, tasks, scheduler] = await Promise.all([
    startFirestore({ now: clock.now }),
    startPubSub({ clock, identity, faults: faults.push }),
    startTasks({ clock, identity, faults: faults.push }),
    startScheduler({ clock, identity }),
  ]);
  Object.assign(process.env, {
    ...environmentOf(url, identity),
    FIRESTORE_EMULATOR_HOST: firestore.host,
    PUBSUB_EMULATOR_HOST: pubsubService.host,
    CLOUD_TASKS_EMULATOR_HOST: tasks.host,
  });
  const functions = await load();
  const plan = planOf(functions.map(({ declaration }) => declaration));
  const { projectId, region, invokerEmail } = config();
  const clients = {
    pubsub: await pubsub(),
    tasks: await cloudTasks(),
    scheduler: createSchedulerClient(scheduler.host),
  };
  await applyPlan(plan, { ...clients, projectId, region, invokerEmail, functionUrl });
  clients.scheduler.close();

  const delivering = [pubsubService, tasks, scheduler];
  const settle = async (): Promise<void> => {
    do {
      await Promise.all(delivering.map(service => service.settle()));
    } while (!delivering.every(service => service.idle()));
  };
  const runtime: LocalRuntime = {
    url,
    functions,
    clock,
    identity,
    faults,
    settle,
    advance: ms => clock.advance(ms, settle),
    status: () => ({
      project_id: projectId,
      now: new Date(clock.now()).toISOString(),
      firestore: firestore.host,
      pubsub: pubsubService.host,
      tasks: tasks.host,
      scheduler: scheduler.host,
      queues: tasks.status(),
      jobs: scheduler.status().jobs,
      undelivered: pubsubService.status().subscriptions.filter(({ undelivered }) => undelivered > 0),
    }),
    close: async () => {
      faults.set({});
      await Promise.race([settle(), delay(LAST_SETTLE_MS, undefined, { ref: false })]);
      clock.close();
      gateway.server.close();
      gateway.server.closeAllConnections();
      await Promise.all([closePubSub(), closeTasks(), closeFirestore()]);
      for (const service of [...delivering, firestore]) service.close();
    },
  };
  gateway.serve(functions, createLocalApi({ ...runtime, now: clock.now }));
  return runtime;
}

/** What a deployed function would get from its deployment. */
function environmentOf(url: string, identity: Identity): Record<string, string> {
  return {
    GCP_PROJECT_ID: PROJECT,
    FUNCTION_URL: `${url.replace("localhost", "127.0.0.1")}${FUNCTIONS_PREFIX}{name}`,
    INNER_DOOR: "verify",
    INNER_DOOR_KEYS: JSON.stringify(identity.jwks),
    METADATA_SERVER_DETECTION: "none", // the clients would look for Google's metadata server otherwise
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
