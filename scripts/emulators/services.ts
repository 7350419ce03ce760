import { setTimeout as delay } from "node:timers/promises";
import { firestore } from "../../shared/google/firestore.ts";
import { log } from "../../shared/log.ts";
import { ledger } from "../../shared/pipeline/records/ledger.ts";
import { createDeliveries } from "../google/deliveries.ts";
import { startRelay } from "../google/grpc-relay.ts";
import { countPublished } from "../google/pubsub-relay.ts";
import { setCallFaults } from "../local-cloud/faults/call-faults.ts";
import { startScheduler } from "../local-cloud/scheduler/scheduler.ts";
import { startTasks } from "../local-cloud/tasks/tasks.ts";
import type { LocalServices, ServicesOn } from "../start/services.ts";
import { settleAll } from "../start/services.ts";
import type { Firebase } from "./firebase.ts";
import type { TopicTrigger } from "./functions-yaml.ts";
import type { Handled } from "./handled.ts";
import { listenForHandled } from "./handled.ts";

export interface FirebaseServices extends LocalServices {
  /** host:port of the functions. */
  functions: string;
  /** Where functions tell that they handled a message. */
  handledUrl: string;
}

export interface FirebaseServicesWanted {
  project: string;
  triggers: readonly TopicTrigger[];
  start(): Promise<Firebase>;
}

/** Every event calls each function of its topic, in a process of its own: on two processors some 40 calls a second. */
const BURST = 40;

/** A process that starts for its first message takes a second; a queue of many is watched while it gets shorter. */
const STALLED_AFTER_MS = 60_000;
/** What a function still sends after it has answered. Longer is the sweep's. */
const RELAYED_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 50;

/**
 * Firestore and Pub/Sub as `firebase emulators:start` runs them, with its own way from a topic to a function, and
 * beside them our Cloud Tasks and Cloud Scheduler. The functions reach both by way of relays: calls can be made to go
 * wrong there, and what is published is counted, because the emulator tells nobody what it has still to deliver.
 */
export async function startFirebaseServices(
  { clock, identity, faults, storage }: ServicesOn,
  { project, triggers, start }: FirebaseServicesWanted,
): Promise<FirebaseServices> {
  setCallFaults(faults.ofCall);
  const deliveries = createDeliveries(clock.now);
  for (const { id, topic } of triggers) {
    const fullTopic = `projects/${project}/topics/${topic}`;
    deliveries.watch({ name: id, topic: fullTopic, endpoint: "", ordered: false, backoffMs: 0 });
  }
  const onHandled = ({ trigger, messageId, ok }: Handled): void => {
    if (!ok) log("WARNING", "trigger.lost", { trigger, message_id: messageId, reason: "never sent again" });
    deliveries.answered(trigger, messageId, true);
  };
  const [firebase, handled, tasks, scheduler] = await Promise.all([
    start(),
    listenForHandled(onHandled),
    startTasks({ clock, identity, faults: faults.push, storage }),
    startScheduler({ clock, identity, storage }),
  ]);
  const documents = await startRelay(firebase.hosts.firestore, ["firestore"]);
  const pubsub = await startRelay(firebase.hosts.pubsub, ["publisher", "subscriber"], {
    Publish: countPublished(deliveries),
  });
  const delivering = [deliveries, tasks, scheduler];
  const undelivered = () => deliveries.undelivered().filter(({ undelivered }) => undelivered > 0);
  return {
    functions: firebase.hosts.functions,
    handledUrl: handled.url,
    hosts: {
      firestore: documents.host,
      pubsub: pubsub.host,
      tasks: tasks.host,
      scheduler: scheduler.host,
    },
    status: () => ({
      burst: BURST,
      queues: tasks.status().queues,
      jobs: scheduler.status().jobs,
      undelivered: undelivered(),
    }),
    settle: () => settleWhileMoving(delivering, () => JSON.stringify(undelivered())),
    close: async () => {
      for (const service of [documents, pubsub, handled, ...delivering]) service.close();
      await firebase.close();
    },
  };
}

/**
 * Resolves when nothing is left to deliver and no follow-up to send.
 * @throws Error when nothing moves for a minute: a function's process ended without a word
 */
async function settleWhileMoving(
  delivering: Parameters<typeof settleAll>[0],
  position: () => string,
): Promise<void> {
  const stopped = new AbortController();
  try {
    await Promise.race([settleAndRelay(delivering), stalled(position, stopped.signal)]);
  } finally {
    stopped.abort();
  }
}

async function settleAndRelay(delivering: Parameters<typeof settleAll>[0]): Promise<void> {
  const untilMs = performance.now() + RELAYED_WITHIN_MS;
  do {
    await settleAll(delivering);
    if (!(await isSomethingPending())) return settleAll(delivering);
    await delay(LOOK_AGAIN_MS);
  } while (performance.now() < untilMs);
}

async function isSomethingPending(): Promise<boolean> {
  const pending = firestore().collection(ledger.name).where("state", "==", "pending").limit(1);
  return !(await pending.get()).empty;
}

async function stalled(position: () => string, signal: AbortSignal): Promise<never> {
  for (let last = ""; ; ) {
    const now = position();
    if (now === last && now !== "[]") throw new Error(`Nothing moves any more: ${now}`);
    last = now;
    await delay(STALLED_AFTER_MS, undefined, { signal, ref: false });
  }
}
