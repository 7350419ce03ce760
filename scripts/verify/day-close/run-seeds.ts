import type { DayReport } from "../../../shared/day-close/closing/day-report-types.ts";
import { startDayClose } from "../../../shared/day-close/start-day-close.ts";
import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { DayCloseWorld } from "../../test/worlds/day-close.ts";
import type { Damage } from "./damage.ts";
import { diceOf, planDamages } from "./damage.ts";
import { faultsOf } from "./judge.ts";
import { shopAfterBusyDay } from "./shop.ts";
import type { Snapshot } from "./snapshot.ts";
import { readSnapshot, refOf, restoreSnapshot } from "./snapshot.ts";

export interface SeedResult {
  seed: number;
  damages: readonly Damage[];
  report: DayReport;
  faults: string[];
}

/** A shop whose day can be damaged and closed any number of times. */
export interface DamagedShop {
  world: DayCloseWorld;
  intact: Snapshot;
  /** Damages the day, closes it and lists the faults of the closing. */
  close(damages: readonly Damage[]): Promise<Omit<SeedResult, "seed">>;
}

export async function openDamagedShop(): Promise<DamagedShop> {
  const world = await shopAfterBusyDay();
  const intact = await readSnapshot();
  return { world, intact, close: damages => closeDamaged({ world, intact }, damages) };
}

/** Closes the intact day: it has no difference. Then runs seeds on the same shop, and calls `onResult` after each one. */
export async function runSeeds(
  shop: DamagedShop,
  { seed, seeds }: { seed: number; seeds: number },
  onResult: (result: SeedResult) => void,
): Promise<void> {
  onResult({ seed: 0, ...(await shop.close([])) });
  for (let at = seed; at < seed + seeds; at += 1) {
    const damages = planDamages(shop.intact, diceOf(at));
    onResult({ seed: at, ...(await shop.close(damages)) });
  }
}

/** Time after which Cloud Tasks accepts the name of a finished task again. */
const NAMES_BLOCKED_MS = 90 * MINUTE_MS;

async function closeDamaged(
  { world, intact }: Pick<DamagedShop, "world" | "intact">,
  damages: readonly Damage[],
): Promise<Omit<SeedResult, "seed">> {
  await restoreSnapshot(intact);
  await world.advanceUnswept(NAMES_BLOCKED_MS);
  for (const { path, after } of damages) await (after ? refOf(path).set(after) : refOf(path).delete());
  const report = await world.closeDay();
  const after = await readSnapshot();
  const faults = faultsOf({ intact, damages, report, after });
  if (damages.length === 0 && report.findings.length > 0) faults.push("an intact day has findings");
  await startDayClose(world.day, { nowMs: world.clock.now(), again: true });
  await world.settle();
  const again = await readSnapshot();
  const numbers = again.get(`reports/${world.day}`)?.["numbers"];
  if (numbers !== report.numbers) faults.push("a second closing gives other numbers");
  return { damages, report, faults };
}
