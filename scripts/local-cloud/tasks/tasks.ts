import type { LocalClock } from "../clock.ts";
import type { DeliveringService } from "../delivery/delivering-service.ts";
import { DeliveryHost } from "../delivery/delivering-service.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import { noPushFaults } from "../faults/push-faults.ts";
import { loadService } from "../grpc/services.ts";
import type { Identity } from "../identity.ts";
import type { Storage } from "../storage.ts";
import { openStorage } from "../storage.ts";
import { TaskDispatcher } from "./dispatch.ts";
import { tasksHandlers } from "./handlers.ts";
import { keptDeletions, keptQueues } from "./kept-queues.ts";
import type { QueueStatus } from "./queue.ts";
import { Queue } from "./queue.ts";
import type { Queues } from "./queues.ts";

export interface LocalTasks extends DeliveringService {
  status(): { queues: QueueStatus[] };
}

export interface LocalTasksOptions {
  clock: LocalClock;
  identity: Identity;
  /** Injected faults of dispatches. Default: none. */
  faults?: PushFaults;
  /** Storage of queues and tasks. Default: the memory of this process. */
  storage?: Storage;
  /** Port of the service; 0, the default, takes any free port. */
  port?: number;
}

/**
 * Starts Cloud Tasks on 127.0.0.1 with the stored queues.
 * @throws NodeJS.ErrnoException EADDRINUSE when the port is in use
 */
export async function startTasks({
  clock,
  identity,
  faults = noPushFaults,
  storage = openStorage(),
  port = 0,
}: LocalTasksOptions): Promise<LocalTasks> {
  const queues: Queues = { byName: new Map(), deletedMs: new Map(keptDeletions(storage)) };
  const { byName } = queues;
  const host = new DeliveryHost(() => byName.values());
  const dispatcher = new TaskDispatcher({ clock, identity, sender: host.sender, faults });
  const options = { clock, dispatcher, faults, storage, onChange: host.onChange };
  const handlers = tasksHandlers(queues, options);
  const service = await host.serve([{ definition: loadService("tasks"), handlers }], port);
  for (const state of keptQueues(storage)) byName.set(state.name, new Queue(state, options));
  return { ...service, status: () => ({ queues: [...byName.values()].map(queue => queue.status()) }) };
}
