import { setTimeout as delay } from "node:timers/promises";
import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { FaultRules } from "../../local-cloud/faults/faults.ts";
import type { ShopClock } from "../simulate/shop-clock.ts";
import type { Storm } from "../simulate/storm.ts";
import type { Act } from "./plan.ts";
import type { Shop } from "./shop.ts";

/** What is done to. */
export interface Victim extends Pick<Shop, "functions" | "services"> {
  /** Moved by jumps. */
  clock: ShopClock;
  storm: Storm;
}

/**
 * Does to a shop what the plan says, when it says so, until it is stopped; it stops everything itself where the local
 * cloud does not come back. Resolves when everybody is up.
 */
export async function carryOut(acts: readonly Act[], victim: Victim, stop: AbortController): Promise<void> {
  const { functions, services, clock, storm } = victim;
  const startMs = performance.now();
  let rules: FaultRules = {};
  // The local cloud is down for a while at times: what is done to it comes one after the other.
  let cloud: Promise<void> = Promise.resolve();
  const jumps: Promise<void>[] = [];
  const { signal } = stop;
  for (const act of acts) {
    const waitMs = startMs + act.atMs - performance.now();
    await delay(Math.max(waitMs, 0), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    if (act.kind === "kill") act.functions.forEach(functions.kill);
    else if (act.kind === "jump") jumps.push(clock.advance(act.minutes * MINUTE_MS));
    else {
      cloud = cloud.then(async () => {
        if (act.kind === "faults") rules = act.rules;
        else {
          await storm.struck(); // what struck so far is forgotten there
          await services.restart(act.downMs);
        }
        await storm.change(rules);
      });
      cloud.catch(() => stop.abort()); // and thrown below
    }
  }
  await Promise.all([cloud, ...jumps]);
  await functions.up();
}
