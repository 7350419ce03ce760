import type { LocalClock } from "../clock.ts";
import { createLocalClock } from "../clock.ts";
import type { HttpTarget } from "../http-target.ts";
import { startTarget } from "../http-target.ts";
import type { Identity } from "../identity.ts";
import { createIdentity } from "../identity.ts";
import type { SchedulerClient } from "./client.ts";
import { createSchedulerClient } from "./client.ts";
import type { LocalScheduler } from "./scheduler.ts";
import { startScheduler } from "./scheduler.ts";
import type { WireJob } from "./wire.ts";

/** For tests: a service of its own, a client, a clock, and what its jobs call. */
export interface TestScheduler {
  service: LocalScheduler;
  client: SchedulerClient;
  clock: LocalClock;
  identity: Identity;
  location: string;
  target(respond?: Parameters<typeof startTarget>[0]): Promise<HttpTarget>;
  /** A job that posts to `uri` every minute, unless `job` says otherwise. Returns its name. */
  createJob(id: string, uri: string, job?: WireJob): Promise<string>;
  get(name: string): Promise<WireJob>;
  /** Moves the clock to a time of the next day (UTC). */
  goTo(time: string): Promise<void>;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

const DAY_MS = 24 * 3_600_000;

let identity: Promise<Identity> | undefined;

export async function startTestScheduler(): Promise<TestScheduler> {
  identity ??= createIdentity();
  const clock = createLocalClock();
  const service = await startScheduler({ clock, identity: await identity });
  const client = createSchedulerClient(service.host);
  const location = "projects/demo-test/locations/local";
  const targets: HttpTarget[] = [];
  const advance = (ms: number) => clock.advance(ms, service.settle);
  return {
    service,
    client,
    clock,
    identity: await identity,
    location,
    async target(respond) {
      const target = await startTarget(respond);
      targets.push(target);
      return target;
    },
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
      await Promise.all(targets.map(target => target.close()));
    },
  };
}
