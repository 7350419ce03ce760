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

/** A Cloud Tasks for one test, with its official client, its clock and its targets. */
export interface TestTasks extends TestWorld {
  service: LocalTasks;
  client: CloudTasksClient;
  location: string;
  /** Creates a queue. @returns its name */
  createQueue(id: string, queue?: WireQueue): Promise<string>;
  /** Creates a task that posts to `url`, `delayMs` from now. */
  createTask(
    queue: string,
    url: string,
    task?: WireTask & { id?: string; delayMs?: number },
  ): Promise<Created>;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** @param folder for the stored state; a later service continues with the folder */
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
      const name = `${location}/queues/${id}`;
      const [created] = await client.createQueue({ parent: location, queue: { ...queue, name } });
      return created.name ?? "";
    },
    async createTask(queue, url, { id, delayMs, ...task } = {}) {
      const httpRequest = { url, httpMethod: "POST" as const };
      const name = id && { name: `${queue}/tasks/${id}` };
      const due = delayMs !== undefined && { scheduleTime: timestampOf(clock.now() + delayMs) };
      const [created] = await client.createTask({
        parent: queue,
        task: { httpRequest, ...name, ...due, ...task },
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

function timestampOf(ms: number) {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 };
}
