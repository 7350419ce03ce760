import type { LocalClock } from "../clock.ts";
import { createLocalClock } from "../clock.ts";
import type { Identity } from "../identity.ts";
import { createIdentity } from "../identity.ts";
import type { Storage } from "../storage.ts";
import { openStorage } from "../storage.ts";
import type { HttpTarget } from "./http-target.ts";
import { startTarget } from "./http-target.ts";

/** For tests: what each local service needs around it. */
export interface TestWorld {
  clock: LocalClock;
  identity: Identity;
  storage: Storage;
  /** Starts a server for the service to call. */
  target: typeof startTarget;
  /** Ends clock, storage and targets: to be called after the service was closed. */
  close(): Promise<void>;
}

/** Made once per test file: a key takes longer than most tests. */
let identity: Promise<Identity> | undefined;

/** @param folder where the state is kept, for the next world to find */
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
