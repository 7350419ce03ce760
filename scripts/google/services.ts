import { setCallFaults } from "../local-cloud/faults/call-faults.ts";
import { startScheduler } from "../local-cloud/scheduler/scheduler.ts";
import { startTasks } from "../local-cloud/tasks/tasks.ts";
import type { LocalServices, ServicesOn } from "../start/services.ts";
import { settleAll } from "../start/services.ts";
import { createDeliveries } from "./deliveries.ts";
import { findGoogleEmulators, startGoogleFirestore, startGooglePubSub } from "./emulators.ts";
import { startRelay } from "./grpc-relay.ts";
import { startPubSubRelay } from "./pubsub-relay.ts";
import { startPushRelay } from "./push-relay.ts";

/**
 * The same services with Google's own Firestore and Pub/Sub emulators, which nobody can give another clock or a
 * data folder; Cloud Tasks and Cloud Scheduler have none of Google's.
 * @throws Error when the emulators are not installed
 */
export async function startGoogleServices({
  clock,
  identity,
  faults,
  storage,
}: ServicesOn): Promise<LocalServices> {
  const found = findGoogleEmulators();
  if ("missing" in found) throw new Error(found.missing);
  setCallFaults(faults.ofCall);
  const deliveries = createDeliveries(clock.now);
  const [firestore, google, pushes, tasks, scheduler] = await Promise.all([
    startGoogleFirestore(found),
    startGooglePubSub(found),
    startPushRelay({ identity, deliveries, faults: faults.push, now: clock.now }),
    startTasks({ clock, identity, faults: faults.push, storage }),
    startScheduler({ clock, identity, storage }),
  ]);
  const [documents, pubsub] = await Promise.all([
    startRelay(firestore.host, ["firestore"]),
    startPubSubRelay(google.host, { deliveries, pushes }),
  ]);
  const delivering = [deliveries, tasks, scheduler];
  return {
    hosts: {
      firestore: documents.host,
      pubsub: pubsub.host,
      tasks: tasks.host,
      scheduler: scheduler.host,
    },
    status: () => ({
      queues: tasks.status().queues,
      jobs: scheduler.status().jobs,
      undelivered: deliveries.undelivered().filter(({ undelivered }) => undelivered > 0),
    }),
    settle: () => settleAll(delivering),
    close: () => {
      for (const service of [documents, pubsub, pushes, ...delivering]) service.close();
      void firestore.close();
      void google.close();
    },
  };
}
