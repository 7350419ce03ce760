import { afterEach, beforeEach } from "@jest/globals";
import { createLocalJWKSet, jwtVerify } from "jose";
import type { TestScheduler } from "../../../local-cloud/test/scheduler.ts";
import { startTestScheduler } from "../../../local-cloud/test/scheduler.ts";

/** An empty Cloud Scheduler for one test, of which there is only the embedded one. */
export interface SchedulerUnderTest
  extends Pick<TestScheduler, "client" | "location" | "createJob" | "get" | "goTo" | "target"> {
  nowMs(): number;
  /** Moves the clock, and lets everything settle that falls due; 0 only settles. */
  pass(ms: number): Promise<void>;
  /** Moves the clock while executions are under way. */
  passUnsettled(ms: number): Promise<void>;
  /** What a token says, verified. */
  claims(token: string, audience: string): Promise<Record<string, unknown>>;
}

/** @param time of the day (UTC) at which each test begins; now by default */
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
    passUnsettled: ms => current.clock.advance(ms, async () => undefined),
    claims: async (token, audience) =>
      (
        await jwtVerify(token, createLocalJWKSet(current.identity.jwks), {
          audience,
          currentDate: new Date(current.clock.now()),
        })
      ).payload,
  };
}
