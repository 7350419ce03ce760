import { afterEach, beforeEach } from "@jest/globals";
import { createLocalJWKSet, jwtVerify } from "jose";
import type { TestTasks } from "../../../local-cloud/test/tasks.ts";
import { startTestTasks } from "../../../local-cloud/test/tasks.ts";

/** An empty embedded Cloud Tasks for one test. Google has no emulator of the service. */
export interface TasksUnderTest
  extends Pick<TestTasks, "client" | "location" | "createQueue" | "createTask" | "target"> {
  nowMs(): number;
  /** Moves the clock and waits until all due work is done; 0 only waits. */
  pass(ms: number): Promise<void>;
  /** Returns the names of the tasks in a queue. */
  left(queue: string): Promise<string[]>;
  /** Verifies a token and returns its claims. */
  claims(token: string, audience: string): Promise<Record<string, unknown>>;
}

export function tasksUnderTest(): TasksUnderTest {
  let current: TestTasks;
  beforeEach(async () => {
    current = await startTestTasks();
  });
  afterEach(() => current.close());
  return {
    get client() {
      return current.client;
    },
    get location() {
      return current.location;
    },
    createQueue: (...args) => current.createQueue(...args),
    createTask: (...args) => current.createTask(...args),
    target: respond => current.target(respond),
    nowMs: () => current.clock.now(),
    pass: ms => current.advance(ms),
    async left(parent) {
      const [tasks] = await current.client.listTasks({ parent });
      return tasks.map(({ name }) => name ?? "");
    },
    claims: async (token, audience) =>
      (await jwtVerify(token, createLocalJWKSet(current.identity.jwks), { audience })).payload,
  };
}
