import type { LocalClock } from "../clock.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import { noPushFaults } from "../faults/push-faults.ts";
import { serve } from "../grpc/server.ts";
import { loadService } from "../grpc/services.ts";
import { createHttpSender } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import { createIdleSignal } from "../idle-signal.ts";
import type { Storage } from "../storage.ts";
import { openStorage } from "../storage.ts";
import { createDispatcher } from "./dispatch.ts";
import type { Queues } from "./handlers.ts";
import { tasksHandlers } from "./handlers.ts";
import { keptDeletions, keptQueues } from "./kept-queues.ts";
import type { QueueStatus } from "./queue.ts";
import { createQueue } from "./queue.ts";

export interface LocalTasks {
  /** 127.0.0.1 and the port. */
  readonly host: string;
  /** Nothing is due in a running queue, and nothing is under way: what is scheduled for later does not count. */
  idle(): boolean;
  /** Resolves once idle. */
  settle(): Promise<void>;
  status(): { queues: QueueStatus[] };
  /** Ends dispatches under way and timers. */
  close(): void;
}

export interface LocalTasksOptions {
  clock: LocalClock;
  identity: Identity;
  /** What goes wrong with dispatches; nothing by default. */
  faults?: PushFaults;
  /** Where its state is kept; by default it ends with the service. */
  storage?: Storage;
  /** 0, the default, takes any free one. */
  port?: number;
}

/** Starts a Cloud Tasks with the queues that were kept on 127.0.0.1; rejects when the port is taken. */
export async function startTasks({
  clock,
  identity,
  faults = noPushFaults,
  storage = openStorage(),
  port = 0,
}: LocalTasksOptions): Promise<LocalTasks> {
  const sender = createHttpSender();
  const queues: Queues = { byName: new Map(), deletedMs: new Map(keptDeletions(storage)) };
  const idle = () => [...queues.byName.values()].every(queue => queue.idle());
  const signal = createIdleSignal(idle);
  const dispatcher = createDispatcher({ clock, identity, sender, faults });
  const options = { clock, dispatcher, faults, storage, onChange: signal.changed };
  const handlers = tasksHandlers(queues, options);
  const server = await serve([{ definition: loadService("tasks"), handlers }], { port });
  for (const state of keptQueues(storage)) queues.byName.set(state.name, createQueue(state, options));
  return {
    host: server.host,
    idle,
    settle: signal.settle,
    status: () => ({ queues: [...queues.byName.values()].map(queue => queue.status()) }),
    close() {
      server.close();
      for (const queue of queues.byName.values()) queue.close();
      sender.close();
      signal.close();
    },
  };
}
