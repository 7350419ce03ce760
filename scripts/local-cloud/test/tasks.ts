import type { protos } from "@google-cloud/tasks";
import { CloudTasksClient } from "@google-cloud/tasks";
import { credentials } from "@grpc/grpc-js";
import { noPushFaults } from "../faults/push-faults.ts";
import type { LocalTasks } from "../tasks/tasks.ts";
import { startTasks } from "../tasks/tasks.ts";
import type { TestWorld } from "./service-world.ts";
import { createTestWorld } from "./service-world.ts";

type WireQueue = protos.google.cloud.tasks.v2.IQueue;
type WireTask = protos.google.cloud.tasks.v2.ITask;
type Created = protos.google.cloud.tasks.v2.ITask & { name: string };

/** For tests: a service of its own, its official client, its clock, and what its tasks call. */
export interface TestTasks extends TestWorld {
  service: LocalTasks;
  client: CloudTasksClient;
  location: string;
  /** Returns the queue's name. */
  createQueue(id: string, queue?: WireQueue): Promise<string>;
  /** A task that posts to `url`, `delayMs` from now. */
  createTask(
    queue: string,
    url: string,
    task?: WireTask & { id?: string; delayMs?: number },
  ): Promise<Created>;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** @param folder to keep its state in, for another one to go on with */
export async function startTestTasks(faults = noPushFaults, folder?: string): Promise<TestTasks> {
  const world = await createTestWorld(folder);
  const { clock, identity, storage } = world;
  const service = await startTasks({ clock, identity, storage, faults });
  const [apiEndpoint = "", port = ""] = service.host.split(":");
  const client = new CloudTasksClient({
    projectId: "demo-test",
    apiEndpoint,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  });
  const location = client.locationPath("demo-test", "local");
  return {
    ...world,
    service,
    client,
    location,
    async createQueue(id, queue = {}) {
      const [created] = await client.createQueue({
        parent: location,
        queue: { ...queue, name: `${location}/queues/${id}` },
      });
      return created.name ?? "";
    },
    async createTask(queue, url, { id, delayMs, ...task } = {}) {
      const dueMs = clock.now() + (delayMs ?? 0);
      const [created] = await client.createTask({
        parent: queue,
        task: {
          httpRequest: { url, httpMethod: "POST" },
          ...(id && { name: `${queue}/tasks/${id}` }),
          ...(delayMs !== undefined && {
            scheduleTime: { seconds: Math.floor(dueMs / 1000), nanos: (dueMs % 1000) * 1e6 },
          }),
          ...task,
        },
      });
      return { ...created, name: created.name ?? "" };
    },
    advance: ms => clock.advance(ms, service.settle),
    async close() {
      await client.close();
      service.close();
      await world.close();
    },
  };
}
