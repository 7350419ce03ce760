import { setTimeout as delay } from "node:timers/promises";
import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { FaultRules } from "../../local-cloud/faults/faults.ts";
import type { FaultSchedule } from "../simulate/fault-schedule.ts";
import type { ShopClock } from "../simulate/shop-clock.ts";
import type { Act } from "./plan.ts";
import type { Shop } from "./shop.ts";

/** The parts of a shop that acts disturb. */
export interface ActTarget extends Pick<Shop, "functions" | "services"> {
  clock: ShopClock;
  faults: FaultSchedule;
}

/**
 * Runs every act at its time, until `stop` is aborted. Aborts `stop` when the local cloud does not restart.
 * @returns a promise that resolves when all processes are up
 */
export async function runActs(acts: readonly Act[], target: ActTarget, stop: AbortController): Promise<void> {
  const { functions, services, clock, faults } = target;
  const startMs = performance.now();
  let rules: FaultRules = {};
  // The local cloud is down at times: acts on the cloud run one after the other.
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
          await faults.struck(); // a restart loses the counts, so they are read first
          await services.restart(act.downMs);
        }
        await faults.change(rules);
      });
      cloud.catch(() => stop.abort()); // the error is thrown below
    }
  }
  await Promise.all([cloud, ...jumps]);
  await functions.up();
}
