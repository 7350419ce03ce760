import type { TestWorld } from "../test-world.ts";
import { createTestWorld } from "../test-world.ts";
import type { SchedulerClient } from "./client.ts";
import { createSchedulerClient } from "./client.ts";
import type { LocalScheduler } from "./scheduler.ts";
import { startScheduler } from "./scheduler.ts";
import type { WireJob } from "./wire.ts";

/** For tests: a service of its own, a client, a clock, and what its jobs call. */
export interface TestScheduler extends TestWorld {
  service: LocalScheduler;
  client: SchedulerClient;
  location: string;
  /** A job that posts to `uri` every minute, unless `job` says otherwise. Returns its name. */
  createJob(id: string, uri: string, job?: WireJob): Promise<string>;
  get(name: string): Promise<WireJob>;
  /** Moves the clock to a time of the next day (UTC). */
  goTo(time: string): Promise<void>;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

const DAY_MS = 24 * 3_600_000;

export async function startTestScheduler(): Promise<TestScheduler> {
  const world = await createTestWorld();
  const { clock, identity } = world;
  const service = await startScheduler({ clock, identity });
  const client = createSchedulerClient(service.host);
  const location = "projects/demo-test/locations/local";
  const advance = (ms: number) => clock.advance(ms, service.settle);
  return {
    ...world,
    service,
    client,
    location,
    async createJob(id, uri, job = {}) {
      const wire = { name: `${location}/jobs/${id}`, schedule: "* * * * *", httpTarget: { uri }, ...job };
      return (await client.call("CreateJob", { parent: location, job: wire })).name ?? "";
    },
    get: name => client.call("GetJob", { name }),
    goTo(time) {
      const tomorrow = new Date(clock.now() + DAY_MS).toISOString().slice(0, 10);
      return advance(Date.parse(`${tomorrow}T${time}Z`) - clock.now());
    },
    advance,
    async close() {
      client.close();
      service.close();
      clock.close();
      await world.closeTargets();
    },
  };
}
