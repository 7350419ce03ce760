import { afterEach, beforeEach } from "@jest/globals";
import { createLocalJWKSet, jwtVerify } from "jose";
import type { TestScheduler } from "../../../local-cloud/test/scheduler.ts";
import { startTestScheduler } from "../../../local-cloud/test/scheduler.ts";

/** An empty embedded Cloud Scheduler for one test. Google has no emulator of the service. */
export interface SchedulerUnderTest
  extends Pick<TestScheduler, "client" | "location" | "createJob" | "get" | "goTo" | "target"> {
  nowMs(): number;
  /** Moves the clock and waits until all due work is done; 0 only waits. */
  pass(ms: number): Promise<void>;
  /** Moves the clock while executions run, without waiting for them. */
  passWithoutWaiting(ms: number): Promise<void>;
  /** Verifies a token and returns its claims. */
  claims(token: string, audience: string): Promise<Record<string, unknown>>;
}

/** @param time time of day (UTC) at which each test starts. Absent: the present time */
export function schedulerUnderTest(time?: string): SchedulerUnderTest {
  let current: TestScheduler;
  beforeEach(async () => {
    current = await startTestScheduler();
    if (time !== undefined) await current.goTo(time);
  });
  afterEach(() => current.close());
  return {
    get client() {
      return current.client;
    },
    get location() {
      return current.location;
    },
    createJob: (...args) => current.createJob(...args),
    get: name => current.get(name),
    goTo: clockTime => current.goTo(clockTime),
    target: respond => current.target(respond),
    nowMs: () => current.clock.now(),
    pass: ms => current.advance(ms),
    passWithoutWaiting: ms => current.clock.advance(ms, async () => undefined),
    claims: async (token, audience) =>
      (
        await jwtVerify(token, createLocalJWKSet(current.identity.jwks), {
          audience,
          currentDate: new Date(current.clock.now()),
        })
      ).payload,
  };
}
