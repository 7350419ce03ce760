import { setTimeout as delay } from "node:timers/promises";
import { setClockSource } from "../../shared/clock.ts";
import { closeFirestore } from "../../shared/google/firestore.ts";
import { closePubSub } from "../../shared/google/pubsub.ts";
import { closeTasks } from "../../shared/google/tasks.ts";
import { SECOND_MS } from "../../shared/values/durations.ts";
import type { LocalClock } from "../local-cloud/clock.ts";
import { createLocalClock } from "../local-cloud/clock.ts";
import type { Faults } from "../local-cloud/faults/faults.ts";
import { createFaults } from "../local-cloud/faults/faults.ts";
import type { Identity } from "../local-cloud/identity.ts";
import { createIdentity } from "../local-cloud/identity.ts";
import type { Inbox } from "../local-cloud/smtp/inbox.ts";
import type { SmtpService } from "../local-cloud/smtp/smtp.ts";
import { startSmtp } from "../local-cloud/smtp/smtp.ts";
import type { Keeper, Storage } from "../local-cloud/storage.ts";
import { openStorage } from "../local-cloud/storage.ts";
import type { HostedFunction } from "../plan/load-functions.ts";
import { loadFunctions } from "../plan/load-functions.ts";
import type { Plan } from "../plan/plan.ts";
import { planOf } from "../plan/plan.ts";
import { applyPlanLocally, environmentOf, mailEnvironment } from "./function-environment.ts";
import { createGateway } from "./gateway.ts";
import { listenWhereKept } from "./gateway-port.ts";
import { createLocalApi } from "./local-api.ts";
import { PROJECT } from "./project.ts";
import type { LocalServices, ServicesOn } from "./services.ts";
import { startServices } from "./services.ts";

/** A running PulseCart: functions, services, clock and gateway. */
export interface LocalRuntime {
  /** Address of the gateway, without a slash at the end. */
  url: string;
  functions: readonly HostedFunction[];
  clock: LocalClock;
  /** Signs the tokens of the callers of functions. */
  identity: Identity;
  /** Injected faults of the services. */
  faults: Faults;
  /** All sent mails. */
  inbox: Inbox;
  status(): LocalStatus;
  /** Resolves when no due item is undelivered. */
  settle(): Promise<void>;
  /** Moves the clock, stepping to each due item and waiting until the services are idle. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  /** Port of the gateway. Absent or 0: the port of the data folder. Without one, 0 takes any free port, absent 8000. */
  port?: number;
  /** Folder for the state of all services and the clock. Absent: the state ends with the process. */
  data?: string;
  /** Configured producers, as JSON. Absent: those of the environment variable PRODUCERS. */
  producers?: string;
  /** Loads the hosted functions. Default: every function of this repository. */
  load?: () => Promise<HostedFunction[]>;
  /** Starts the services. Default: the embedded ones. */
  services?: (on: ServicesOn) => Promise<LocalServices>;
  /** Returns the part of the plan to apply to the services. Default: all of it. */
  plan?: (plan: Plan) => Plan;
  /** Creates the clock from the stored state. Default: a clock of this process alone. */
  clock?: (keeper: Keeper) => LocalClock;
}

export interface LocalStatus {
  project_id: string;
  now: string;
  /** The data folder. Absent: the state ends with the process. */
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
  /** Max events that a client should publish at once. Absent: the services have no such limit. */
  burst?: number;
}

/** Max real time for deliveries in flight when the runtime closes. Endless chains of events are cut then. */
const LAST_DELIVERIES_MS = 2 * SECOND_MS;

/**
 * Starts the services, then every function through the functions-framework, all in this process. The environment that
 * the functions read is set here, so one process holds one runtime.
 * @returns the runtime once it is ready
 * @throws NodeJS.ErrnoException EADDRINUSE when the port is in use
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
  if (where.producers !== undefined) process.env["PRODUCERS"] = where.producers;
  const functions = await load();
  await applyPlanLocally(plan(planOf(functions.map(({ declaration }) => declaration))), services);
  const runtime = runtimeOf({
    ...{ url, functions, clock, identity, faults, services, smtp, storage, data: where.data },
    closeGateway: listening.close,
  });
  gateway.serve(functions, createLocalApi({ ...runtime, now: clock.now }));
  return runtime;
}

interface RuntimeParts extends Pick<LocalRuntime, "url" | "functions" | "clock" | "identity" | "faults"> {
  services: LocalServices;
  smtp: SmtpService;
  storage: Storage;
  data: string | undefined;
  closeGateway(): void;
}

function runtimeOf(parts: RuntimeParts): LocalRuntime {
  const { url, functions, clock, identity, faults, services, smtp, data } = parts;
  const { settle } = services;
  return {
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
      data,
      ...services.hosts,
      smtp: smtp.host,
      ...services.status(),
    }),
    close: () => closeRuntime(parts),
  };
}

/** Closes everything, after deliveries in flight had time to finish. */
async function closeRuntime({
  faults,
  services,
  clock,
  closeGateway,
  smtp,
  storage,
}: RuntimeParts): Promise<void> {
  faults.set({});
  await Promise.race([services.settle(), delay(LAST_DELIVERIES_MS, undefined, { ref: false })]);
  clock.close();
  closeGateway();
  await Promise.all([closePubSub(), closeTasks(), closeFirestore()]);
  smtp.close();
  await services.close();
  storage.close();
}
