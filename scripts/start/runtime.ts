import { setTimeout as delay } from "node:timers/promises";
import { CloudSchedulerClient } from "@google-cloud/scheduler";
import { credentials } from "@grpc/grpc-js";
import { setClockSource } from "../../shared/clock.ts";
import { config, functionUrl } from "../../shared/config.ts";
import { closeFirestore } from "../../shared/google/firestore.ts";
import { closePubSub, pubsub } from "../../shared/google/pubsub.ts";
import { closeTasks, cloudTasks } from "../../shared/google/tasks.ts";
import { LOCAL_MAIL } from "../../shared/mail/mail-config.ts";
import type { LocalClock } from "../local-cloud/clock.ts";
import { createLocalClock } from "../local-cloud/clock.ts";
import type { Faults } from "../local-cloud/faults/faults.ts";
import { createFaults } from "../local-cloud/faults/faults.ts";
import type { Identity } from "../local-cloud/identity.ts";
import { createIdentity } from "../local-cloud/identity.ts";
import type { Inbox } from "../local-cloud/smtp/inbox.ts";
import type { SmtpService } from "../local-cloud/smtp/smtp.ts";
import { startSmtp } from "../local-cloud/smtp/smtp.ts";
import type { Keeper } from "../local-cloud/storage.ts";
import { openStorage } from "../local-cloud/storage.ts";
import type { HostedFunction } from "../plan/load-functions.ts";
import { loadFunctions } from "../plan/load-functions.ts";
import type { Plan } from "../plan/plan.ts";
import { planOf } from "../plan/plan.ts";
import { applyPlan } from "./apply-plan.ts";
import { createGateway, FUNCTIONS_PREFIX } from "./gateway.ts";
import { listenWhereKept } from "./gateway-port.ts";
import { createLocalApi } from "./local-api.ts";
import type { LocalServices, ServicesOn } from "./services.ts";
import { startServices } from "./services.ts";

export interface LocalRuntime {
  /** The gateway's address, without a slash at its end. */
  url: string;
  functions: readonly HostedFunction[];
  clock: LocalClock;
  /** Signs the tokens that functions let callers in with. */
  identity: Identity;
  /** What goes wrong in the services, on demand. */
  faults: Faults;
  /** Every mail that was sent. */
  inbox: Inbox;
  status(): LocalStatus;
  /** Resolves when nothing due is left undelivered. */
  settle(): Promise<void>;
  /** Moves the clock, stepping to each due item and letting things settle in between. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  /** Of the gateway; 0 takes any free one. Without it, or with 0, a data folder's own, and otherwise 8000. */
  port?: number;
  /** The folder that keeps the state of all services and the clock; without it they end with the process. */
  data?: string;
  /** Loads what is hosted: every function of this folder, or what a test declares. */
  load?: () => Promise<HostedFunction[]>;
  /** Starts what the functions stand on; the embedded services by themselves, or with Google's emulators among them. */
  services?: (on: ServicesOn) => Promise<LocalServices>;
  /** What of the plan is applied to the services; by itself all. */
  plan?: (plan: Plan) => Plan;
  /** Makes the clock of what was kept; by itself it is this process' own. */
  clock?: (keeper: Keeper) => LocalClock;
}

export interface LocalStatus {
  project_id: string;
  now: string;
  data?: string;
  /** host:port of each service. */
  firestore: string;
  pubsub: string;
  tasks: string;
  scheduler: string;
  smtp: string;
  queues: object[];
  jobs: object[];
  undelivered: object[];
  /** How many events at once it is made for, where that is not many. */
  burst?: number;
}

/** What is under way may finish before the end; what goes on and on may not. */
const LAST_SETTLE_MS = 2_000;

const PROJECT = "demo-pulsecart"; // Google's tools treat a project called demo-… as one that is not there

/**
 * Starts the services, then every function through the functions-framework, all in this process, and answers
 * when they are ready. It sets the environment its functions read, so one process holds one runtime.
 * @throws NodeJS.ErrnoException EADDRINUSE when the port is taken
 * @throws UnusableData when the folder cannot be used, or not with this port
 */
export async function startRuntime({
  load = loadFunctions,
  services: start = startServices,
  plan = whole => whole,
  clock: createClock = createLocalClock,
  ...where
}: RuntimeOptions): Promise<LocalRuntime> {
  const storage = openStorage(where.data);
  const gateway = createGateway();
  const listening = await listenWhereKept(gateway.server, storage, where).catch((error: unknown) => {
    storage.close();
    throw error;
  });
  const url = `http://localhost:${listening.port}`;
  const clock = createClock(storage.keeper);
  setClockSource(clock.now);
  const identity = await createIdentity(storage.keeper);
  const faults = createFaults();
  const [services, smtp] = await Promise.all([
    start({ clock, identity, faults, storage }),
    startSmtp({ now: clock.now, storage, faults: faults.mail }),
  ]);
  Object.assign(process.env, environmentOf(listening.port, identity, services), mailEnvironment(url, smtp));
  const functions = await load();
  await applyPlanLocally(plan(planOf(functions.map(({ declaration }) => declaration))), services);
  const { settle } = services;
  const runtime: LocalRuntime = {
    url,
    functions,
    clock,
    identity,
    faults,
    inbox: smtp.inbox,
    settle,
    advance: ms => clock.advance(ms, settle),
    status: () => ({
      project_id: PROJECT,
      now: new Date(clock.now()).toISOString(),
      ...(where.data !== undefined && { data: where.data }),
      ...services.hosts,
      smtp: smtp.host,
      ...services.status(),
    }),
    close: async () => {
      faults.set({});
      await Promise.race([settle(), delay(LAST_SETTLE_MS, undefined, { ref: false })]);
      clock.close();
      listening.close();
      await Promise.all([closePubSub(), closeTasks(), closeFirestore()]);
      smtp.close();
      await services.close();
      storage.close();
    },
  };
  gateway.serve(functions, createLocalApi({ ...runtime, now: clock.now }));
  return runtime;
}

/** Topics, subscriptions, queues and jobs, as the functions' declarations ask for them. */
async function applyPlanLocally(plan: Plan, { hosts, status }: LocalServices): Promise<void> {
  const { projectId, region, invokerEmail } = config();
  const [apiEndpoint = "", port = ""] = hosts.scheduler.split(":");
  const sslCreds = credentials.createInsecure();
  const scheduler = new CloudSchedulerClient({ projectId, apiEndpoint, port: Number(port), sslCreds });
  const backlogs = new Map(status().undelivered.map(({ name, undelivered }) => [name, undelivered]));
  const undelivered = (name: string): number => backlogs.get(name) ?? 0;
  const clients = { pubsub: await pubsub(), tasks: await cloudTasks(), scheduler };
  await applyPlan(plan, { ...clients, projectId, region, invokerEmail, functionUrl, undelivered });
  await scheduler.close();
}

/** What a deployed function would get from its deployment. */
function environmentOf(port: number, identity: Identity, { hosts }: LocalServices): Record<string, string> {
  return {
    GCP_PROJECT_ID: PROJECT,
    FUNCTION_URL: `http://127.0.0.1:${port}${FUNCTIONS_PREFIX}{name}`,
    CALLER_AUTH: "verify",
    CALLER_AUTH_KEYS: JSON.stringify(identity.jwks),
    METADATA_SERVER_DETECTION: "none", // the clients would look for Google's metadata server otherwise
    FIRESTORE_EMULATOR_HOST: hosts.firestore,
    PUBSUB_EMULATOR_HOST: hosts.pubsub,
    CLOUD_TASKS_EMULATOR_HOST: hosts.tasks,
  };
}

/** Mails never leave this machine, whatever the environment of whoever starts it says. */
function mailEnvironment(url: string, { host }: SmtpService): Record<string, string> {
  return { ...LOCAL_MAIL, SMTP_URL: `smtp://${host}`, PUBLIC_URL: url };
}
