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
import { startScheduler } from "../local-cloud/scheduler/scheduler.ts";
import type { Storage } from "../local-cloud/storage.ts";
import { startTasks } from "../local-cloud/tasks/tasks.ts";
import { indexes, TTL_FIELD } from "../plan/indexes.ts";

/** A subscription with messages that nobody has acknowledged yet. */
type Backlogged = Pick<SubscriptionStatus, "name" | "topic" | "undelivered">;

/** Firestore, Pub/Sub, Cloud Tasks and Cloud Scheduler, each on a port of its own. */
export interface LocalServices {
  /** host:port of each. */
  hosts: { firestore: string; pubsub: string; tasks: string; scheduler: string };
  status(): { queues: object[]; jobs: JobStatus[]; undelivered: Backlogged[]; burst?: number };
  /** Resolves when nothing due is left undelivered. */
  settle(): Promise<void>;
  close(): void | Promise<void>;
}

/** What they stand on. */
export interface ServicesOn {
  clock: LocalClock;
  identity: Identity;
  faults: Faults;
  storage: Storage;
  /** Is added to with every document of Firestore that is read or written. */
  operations?: Operations;
  /** Is told of every request that publishes messages. */
  onPublish?(request: PublishRequest): void;
}

/** Production deletes what has expired within a day; so does this one, by its clock. */
const TTL_SWEEP_MS = 24 * 60 * 60 * 1000;
const TTL_FIELDS = Object.fromEntries(indexes.expiring.map(collection => [collection, TTL_FIELD]));

/** Where they listen; 0 or none takes any free port. */
export type ServicePorts = Partial<Readonly<Record<keyof LocalServices["hosts"], number>>>;

/** Starts them with what is kept in the storage; it is closed by whoever opened it. */
export async function startServices(
  { clock, identity, faults, storage, operations, onPublish }: ServicesOn,
  ports: ServicePorts = {},
): Promise<LocalServices> {
  setCallFaults(faults.ofCall);
  const [firestore, pubsub, tasks, scheduler] = await Promise.all([
    startFirestore({
      now: clock.now,
      ttlFields: TTL_FIELDS,
      indexes,
      storage,
      operations,
      port: ports.firestore ?? 0,
    }),
    startPubSub({ clock, identity, faults: faults.push, storage, onPublish, port: ports.pubsub ?? 0 }),
    startTasks({ clock, identity, faults: faults.push, storage, port: ports.tasks ?? 0 }),
    startScheduler({ clock, identity, storage, port: ports.scheduler ?? 0 }),
  ]);
  const sweepExpired = (): void => {
    firestore.sweepExpired();
    clock.at(clock.now() + TTL_SWEEP_MS, sweepExpired);
  };
  sweepExpired();
  const delivering = [pubsub, tasks, scheduler];
  return {
    hosts: {
      firestore: firestore.host,
      pubsub: pubsub.host,
      tasks: tasks.host,
      scheduler: scheduler.host,
    },
    status: () => ({
      queues: tasks.status().queues,
      jobs: scheduler.status().jobs,
      undelivered: pubsub.status().subscriptions.filter(({ undelivered }) => undelivered > 0),
    }),
    settle: () => settleAll(delivering),
    close: () => {
      for (const service of [...delivering, firestore]) service.close();
    },
  };
}

/** Resolves when none of them has anything to deliver: what one delivers gives the others work. */
export async function settleAll(
  delivering: readonly { settle(): Promise<void>; idle(): boolean }[],
): Promise<void> {
  do {
    await Promise.all(delivering.map(service => service.settle()));
  } while (!delivering.every(service => service.idle()));
}
