import { databaseIdOf } from "../../shared/config.ts";
import { DAY_MS } from "../../shared/values/durations.ts";
import type { LocalClock } from "../local-cloud/clock.ts";
import { setCallFaults } from "../local-cloud/faults/call-faults.ts";
import type { Faults } from "../local-cloud/faults/faults.ts";
import { startFirestore } from "../local-cloud/firestore/firestore.ts";
import type { Operations } from "../local-cloud/firestore/operations.ts";
import type { Identity } from "../local-cloud/identity.ts";
import type { PublishRequest } from "../local-cloud/pubsub/published-message.ts";
import { startPubSub } from "../local-cloud/pubsub/pubsub.ts";
import type { SubscriptionStatus } from "../local-cloud/pubsub/subscription.ts";
import type { JobStatus } from "../local-cloud/scheduler/job.ts";
import type { LocalScheduler } from "../local-cloud/scheduler/scheduler.ts";
import { startScheduler } from "../local-cloud/scheduler/scheduler.ts";
import type { Storage } from "../local-cloud/storage.ts";
import type { LocalTasks } from "../local-cloud/tasks/tasks.ts";
import { startTasks } from "../local-cloud/tasks/tasks.ts";
import { indexes, TTL_FIELD } from "../plan/indexes.ts";
import { PROJECT } from "./project.ts";

/** A subscription and its number of unacknowledged messages. */
type Backlogged = Pick<SubscriptionStatus, "name" | "topic" | "undelivered">;

/** Firestore, Pub/Sub, Cloud Tasks and Cloud Scheduler, each on a port of its own. */
export interface LocalServices {
  /** host:port of each service. */
  hosts: { firestore: string; pubsub: string; tasks: string; scheduler: string };
  status(): { queues: object[]; jobs: JobStatus[]; undelivered: Backlogged[]; burst?: number };
  /** Resolves when no due item is undelivered. */
  settle(): Promise<void>;
  close(): void | Promise<void>;
}

/** The parts of a runtime on which its services run. */
export interface ServicesOn {
  clock: LocalClock;
  identity: Identity;
  faults: Faults;
  storage: Storage;
  /** Counter of the document reads, writes and deletes of Firestore. Absent: no operation is counted. */
  operations?: Operations;
  /** Called with every publish request. */
  onPublish?(request: PublishRequest): void;
}

/** Interval of the deletion of expired documents. Production deletes them within a day as well. */
const TTL_SWEEP_MS = DAY_MS;
const TTL_FIELDS = Object.fromEntries(indexes.expiring.map(collection => [collection, TTL_FIELD]));

/** Returns the shop's own database with its deployed settings. All others are plain databases without settings. */
function deployedDatabase() {
  const database = databaseIdOf(process.env["RESOURCE_PREFIX"] ?? "");
  return { database: `projects/${PROJECT}/databases/${database}`, ttlFields: TTL_FIELDS, indexes };
}

/** Ports of the services; 0, or an absent port, takes any free port. */
export type ServicePorts = Partial<Readonly<Record<keyof LocalServices["hosts"], number>>>;

/** Starts the embedded services with the stored state. The caller closes the storage. */
export async function startServices(
  { clock, identity, faults, storage, operations, onPublish }: ServicesOn,
  ports: ServicePorts = {},
): Promise<LocalServices> {
  setCallFaults(faults.ofCall);
  const push = { clock, identity, faults: faults.push, storage };
  const [firestore, pubsub, tasks, scheduler] = await Promise.all([
    startFirestore({
      now: clock.now,
      deployed: deployedDatabase(),
      storage,
      operations,
      port: ports.firestore ?? 0,
    }),
    startPubSub({ ...push, onPublish, port: ports.pubsub ?? 0 }),
    startTasks({ ...push, port: ports.tasks ?? 0 }),
    startScheduler({ clock, identity, storage, port: ports.scheduler ?? 0 }),
  ]);
  sweepDaily(firestore, clock);
  const deliveries = { ...pubsub, undelivered: () => pubsub.status().subscriptions };
  return {
    ...servicesOf({ firestore, pubsub, deliveries, tasks, scheduler }),
    close: () => {
      for (const service of [pubsub, tasks, scheduler, firestore]) service.close();
    },
  };
}

interface Delivering {
  settle(): Promise<void>;
  idle(): boolean;
}

interface RunningServices {
  firestore: { host: string };
  pubsub: { host: string };
  deliveries: Delivering & { undelivered(): Backlogged[] };
  tasks: LocalTasks;
  scheduler: LocalScheduler;
}

/** Combines running services into one status and one `settle`. */
export function servicesOf(services: RunningServices): Omit<LocalServices, "close"> {
  const { firestore, pubsub, deliveries, tasks, scheduler } = services;
  return {
    hosts: { firestore: firestore.host, pubsub: pubsub.host, tasks: tasks.host, scheduler: scheduler.host },
    status: () => ({
      queues: tasks.status().queues,
      jobs: scheduler.status().jobs,
      undelivered: deliveries.undelivered().filter(({ undelivered }) => undelivered > 0),
    }),
    settle: () => untilAllIdle([deliveries, tasks, scheduler]),
  };
}

/** Resolves when all services are idle. A delivery of one service may give work to the others. */
export async function untilAllIdle(delivering: readonly Delivering[]): Promise<void> {
  do {
    await Promise.all(delivering.map(service => service.settle()));
  } while (!delivering.every(service => service.idle()));
}

/** Deletes expired documents now and once a day. */
function sweepDaily(firestore: { sweepExpired(): void }, clock: LocalClock): void {
  firestore.sweepExpired();
  clock.at(clock.now() + TTL_SWEEP_MS, () => sweepDaily(firestore, clock));
}
