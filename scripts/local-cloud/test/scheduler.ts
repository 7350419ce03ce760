import type { protos } from "@google-cloud/scheduler";
import { CloudSchedulerClient } from "@google-cloud/scheduler";
import { credentials } from "@grpc/grpc-js";
import { DAY_MS } from "../durations.ts";
import type { LocalScheduler } from "../scheduler/scheduler.ts";
import { startScheduler } from "../scheduler/scheduler.ts";
import type { TestWorld } from "./service-world.ts";
import { createTestWorld } from "./service-world.ts";

type WireJob = protos.google.cloud.scheduler.v1.IJob;

/** A Cloud Scheduler for one test, with its official client, its clock and its targets. */
export interface TestScheduler extends TestWorld {
  service: LocalScheduler;
  client: CloudSchedulerClient;
  location: string;
  /** Creates a job that posts to `uri` every minute, unless `job` has other settings. @returns its name */
  createJob(id: string, uri: string, job?: WireJob): Promise<string>;
  get(name: string): Promise<WireJob>;
  /** Moves the clock to a time of the next day (UTC). */
  goTo(time: string): Promise<void>;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Options of a call that reports the first failure. The client retries some calls by default. */
export const NO_RETRY = { retry: { retryCodes: [] } };

/** @param folder for the stored state; a later service continues with the folder */
export async function startTestScheduler(folder?: string): Promise<TestScheduler> {
  const world = await createTestWorld(folder);
  const { clock, identity, storage } = world;
  const service = await startScheduler({ clock, identity, storage });
  const [apiEndpoint = "", port = ""] = service.host.split(":");
  const client = new CloudSchedulerClient({
    projectId: "demo-test",
    apiEndpoint,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  });
  const location = client.locationPath("demo-test", "local");
  const advance = (ms: number) => clock.advance(ms, service.settle);
  return {
    ...world,
    service,
    client,
    location,
    async createJob(id, uri, job = {}) {
      const wire = { name: `${location}/jobs/${id}`, schedule: "* * * * *", httpTarget: { uri }, ...job };
      const [created] = await client.createJob({ parent: location, job: wire });
      return created.name ?? "";
    },
    get: async name => (await client.getJob({ name }, NO_RETRY))[0],
    goTo(time) {
      const tomorrow = new Date(clock.now() + DAY_MS).toISOString().slice(0, 10);
      return advance(Date.parse(`${tomorrow}T${time}Z`) - clock.now());
    },
    advance,
    async close() {
      await client.close();
      service.close();
      await world.close();
    },
  };
}
