import type { LocalClock } from "../clock.ts";
import { createLocalClock } from "../clock.ts";
import type { Identity } from "../identity.ts";
import { createIdentity } from "../identity.ts";
import type { Storage } from "../storage.ts";
import { openStorage } from "../storage.ts";
import type { HttpTarget } from "./http-target.ts";
import { startTarget } from "./http-target.ts";

/** The surroundings of one local service in a test. */
export interface TestWorld {
  clock: LocalClock;
  identity: Identity;
  storage: Storage;
  /** Starts a server for the service to call. */
  target: typeof startTarget;
  /** Closes clock, storage and targets. To be called after the service is closed. */
  close(): Promise<void>;
}

/** Identity of the test file, made once: its key takes longer than most tests. */
let identity: Promise<Identity> | undefined;

/** @param folder of the stored state, which the next world in this folder finds; absent: temporary state */
export async function createTestWorld(folder?: string): Promise<TestWorld> {
  process.env["METADATA_SERVER_DETECTION"] = "none";
  identity ??= createIdentity();
  const targets: HttpTarget[] = [];
  const storage = openStorage(folder);
  const clock = createLocalClock(storage.keeper);
  return {
    clock,
    identity: await identity,
    storage,
    target: async respond => {
      const target = await startTarget(respond);
      targets.push(target);
      return target;
    },
    close: async () => {
      clock.close();
      storage.close();
      await Promise.all(targets.map(target => target.close()));
    },
  };
}
