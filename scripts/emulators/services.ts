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
import { untilAllIdle } from "../start/services.ts";
import type { Firebase } from "./firebase.ts";
import type { TopicTrigger } from "./functions-yaml.ts";
import type { Handled } from "./handled.ts";
import { listenForHandled } from "./handled.ts";

/** The services under `npm run emulators`. */
export interface FirebaseServices extends LocalServices {
  /** Host and port of the functions. */
  functions: string;
  /** The address that receives the results of functions. */
  handledUrl: string;
}

/** The options of a start. */
export interface FirebaseServicesOptions {
  project: string;
  triggers: readonly TopicTrigger[];
  start(): Promise<Firebase>;
}

/**
 * Max events that a client such as the tour should publish at once. Every event starts a process for each function of
 * its topic. Two processors finish 40 such calls per second.
 */
const MAX_BURST = 40;

/** Time without progress after which a queue counts as stalled. A process starts in a second. */
const STALL_TIMEOUT_MS = 60_000;
/** Max wait for follow-ups that a function sends after its answer. The sweep sends later ones. */
const RELAY_TIMEOUT_MS = 5_000;
/** Pause between two reads of the ledger. */
const POLL_MS = 50;

/**
 * Starts Firestore and Pub/Sub under `firebase emulators:start`, and PulseCart's Cloud Tasks and Cloud Scheduler.
 * The emulator delivers messages by its own triggers. The functions reach Firestore and Pub/Sub over relays, which
 * inject faults. The relay of Pub/Sub counts published messages, because the emulator reports no undelivered messages.
 */
export async function startFirebaseServices(
  { clock, identity, faults, storage }: ServicesOn,
  { project, triggers, start }: FirebaseServicesOptions,
): Promise<FirebaseServices> {
  setCallFaults(faults.ofCall);
  const deliveries = watchedDeliveries(clock.now, { project, triggers });
  const onHandled = ({ trigger, messageId, ok }: Handled): void => {
    if (!ok)
      log("WARNING", "trigger.lost", {
        trigger,
        message_id: messageId,
        reason: "the emulator does not redeliver messages",
      });
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
      burst: MAX_BURST,
      queues: tasks.status().queues,
      jobs: scheduler.status().jobs,
      undelivered: undelivered(),
    }),
    settle: () => waitUntilIdle(delivering, () => JSON.stringify(undelivered())),
    close: async () => {
      for (const service of [documents, pubsub, handled, ...delivering]) service.close();
      await firebase.close();
    },
  };
}

/** Counts the undelivered messages of every trigger. */
function watchedDeliveries(
  now: () => number,
  { project, triggers }: Pick<FirebaseServicesOptions, "project" | "triggers">,
): ReturnType<typeof createDeliveries> {
  const deliveries = createDeliveries(now);
  for (const { id, topic } of triggers) {
    const fullTopic = `projects/${project}/topics/${topic}`;
    deliveries.watch({ name: id, topic: fullTopic, endpoint: "", ordered: false, backoffMs: 0 });
  }
  return deliveries;
}

/**
 * Waits until every message is delivered. Follow-ups that are sent within RELAY_TIMEOUT_MS are delivered as well.
 * @throws Error after a minute without progress: the process of a function has ended silently
 */
async function waitUntilIdle(
  delivering: Parameters<typeof untilAllIdle>[0],
  position: () => string,
): Promise<void> {
  const stopped = new AbortController();
  try {
    await Promise.race([waitUntilRelayed(delivering), stalled(position, stopped.signal)]);
  } finally {
    stopped.abort();
  }
}

async function waitUntilRelayed(delivering: Parameters<typeof untilAllIdle>[0]): Promise<void> {
  const untilMs = performance.now() + RELAY_TIMEOUT_MS;
  do {
    await untilAllIdle(delivering);
    if (!(await hasPendingEntries())) return untilAllIdle(delivering);
    await delay(POLL_MS);
  } while (performance.now() < untilMs);
}

async function hasPendingEntries(): Promise<boolean> {
  const pending = firestore().collection(ledger.name).where("state", "==", "pending").limit(1);
  return !(await pending.get()).empty;
}

async function stalled(position: () => string, signal: AbortSignal): Promise<never> {
  for (let last = ""; ; ) {
    const now = position();
    if (now === last && now !== "[]")
      throw new Error(`Deliveries stalled: expected progress within 60 s, undelivered: ${now}`);
    last = now;
    await delay(STALL_TIMEOUT_MS, undefined, { signal, ref: false });
  }
}
