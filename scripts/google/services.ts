import { setCallFaults } from "../local-cloud/faults/call-faults.ts";
import { startScheduler } from "../local-cloud/scheduler/scheduler.ts";
import { startTasks } from "../local-cloud/tasks/tasks.ts";
import type { LocalServices, ServicesOn } from "../start/services.ts";
import { servicesOf } from "../start/services.ts";
import { createDeliveries } from "./deliveries.ts";
import { findGoogleEmulators, startGoogleFirestore, startGooglePubSub } from "./emulators.ts";
import { startRelay } from "./grpc-relay.ts";
import { startPubSubRelay } from "./pubsub-relay.ts";
import { startPushRelay } from "./push-relay.ts";

/**
 * Starts the services with Google's own Firestore and Pub/Sub emulators. Both have no movable clock and no data
 * folder. Cloud Tasks and Cloud Scheduler are the local ones, because Google has no emulators of them. Operations and
 * publish requests are not counted.
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
  const [googleFirestore, googlePubSub, pushes, tasks, scheduler] = await Promise.all([
    startGoogleFirestore(found),
    startGooglePubSub(found),
    startPushRelay({ identity, deliveries, faults: faults.push, now: clock.now }),
    startTasks({ clock, identity, faults: faults.push, storage }),
    startScheduler({ clock, identity, storage }),
  ]);
  const [firestore, pubsub] = await Promise.all([
    startRelay(googleFirestore.host, ["firestore"]),
    startPubSubRelay(googlePubSub.host, { deliveries, pushes }),
  ]);
  return {
    ...servicesOf({ firestore, pubsub, deliveries, tasks, scheduler }),
    close: () => {
      for (const service of [firestore, pubsub, pushes, deliveries, tasks, scheduler]) service.close();
      void googleFirestore.close();
      void googlePubSub.close();
    },
  };
}
