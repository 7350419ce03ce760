import type { LocalClock } from "../clock.ts";
import { loadService, serve } from "../grpc.ts";
import { createHttpSender } from "../http-post.ts";
import type { Identity } from "../identity.ts";
import { createIdleSignal } from "../idle-signal.ts";
import type { PushFaults } from "../push-faults.ts";
import { noPushFaults } from "../push-faults.ts";
import { createDispatcher } from "./dispatch.ts";
import type { Queues } from "./handlers.ts";
import { tasksHandlers } from "./handlers.ts";
import type { QueueStatus } from "./queue.ts";

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
  /** 0, the default, takes any free one. */
  port?: number;
}

/** Starts a Cloud Tasks without queues on 127.0.0.1; rejects when the port is taken. */
export async function startTasks({
  clock,
  identity,
  faults = noPushFaults,
  port = 0,
}: LocalTasksOptions): Promise<LocalTasks> {
  const sender = createHttpSender();
  const queues: Queues = { byName: new Map(), deletedMs: new Map(), purgeTimes: new Map() };
  const idle = () => [...queues.byName.values()].every(queue => queue.idle());
  const signal = createIdleSignal(idle);
  const dispatcher = createDispatcher({ clock, identity, sender, faults });
  const handlers = tasksHandlers(queues, { clock, dispatcher, faults, onChange: signal.changed });
  const server = await serve([{ definition: loadService("tasks"), handlers }], port);
  return {
    host: server.host,
    idle,
    settle: signal.settle,
    status: () => ({ queues: [...queues.byName.values()].map(queue => queue.status()) }),
    close() {
      server.close();
      for (const queue of queues.byName.values()) queue.purge();
      sender.close();
      signal.close();
    },
  };
}
