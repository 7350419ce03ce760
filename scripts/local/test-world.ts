import type { LocalClock } from "./clock.ts";
import { createLocalClock } from "./clock.ts";
import type { HttpTarget } from "./http-target.ts";
import { startTarget } from "./http-target.ts";
import type { Identity } from "./identity.ts";
import { createIdentity } from "./identity.ts";

/** For tests: what each local service needs around it. */
export interface TestWorld {
  clock: LocalClock;
  identity: Identity;
  /** Starts a server for the service to call; closeTargets ends all of them. */
  target: typeof startTarget;
  closeTargets(): Promise<void>;
}

/** Made once per test file: a key takes longer than most tests. */
let identity: Promise<Identity> | undefined;

export async function createTestWorld(): Promise<TestWorld> {
  process.env["METADATA_SERVER_DETECTION"] = "none";
  identity ??= createIdentity();
  const targets: HttpTarget[] = [];
  return {
    clock: createLocalClock(),
    identity: await identity,
    target: async respond => {
      const target = await startTarget(respond);
      targets.push(target);
      return target;
    },
    closeTargets: async () => {
      await Promise.all(targets.map(target => target.close()));
    },
  };
}
