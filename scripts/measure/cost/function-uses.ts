import type { Declaration } from "../../../shared/pipeline/declaration.ts";
import { CPU, isAwaited, MEMORY, SIZES } from "../../deploy/functions.ts";
import type { DayUnits } from "./count-day.ts";
import type { InstancesNeeded } from "./instances.ts";
import { instancesFor } from "./instances.ts";
import { sumOf } from "./tally.ts";

/** The load of one function under a number of events. */
export interface FunctionUse extends InstancesNeeded {
  name: string;
  perSecond: number;
  seconds: number;
  /** Instances that exist even without requests. */
  warm: number;
}

/** The limits of one function. */
export type FunctionSize = Pick<FunctionUse, "name" | "warm"> & { concurrency: number };

/** The size of an instance. */
export const INSTANCE = { cpus: CPU, gib: Number.parseInt(MEMORY, 10) / 1024 } as const;

const DAY_SECONDS = 24 * 60 * 60;

/** Returns the limits of a declared function. */
export function sizeOf(declaration: Declaration): FunctionSize {
  const { concurrency } = SIZES[declaration.kind];
  return { name: declaration.name, concurrency, warm: isAwaited(declaration) ? 1 : 0 };
}

/**
 * Returns the load of each function. The processor time was counted for all functions together, so every request gets
 * the same share.
 */
export function functionUses(
  units: DayUnits,
  sizes: readonly FunctionSize[],
  eventsPerDay: number,
): FunctionUse[] {
  const { perEvent, perDay } = units;
  const cpuSeconds =
    sumOf(perEvent, "processor milliseconds") / Math.max(1, sumOf(perEvent, "invocations")) / 1000;
  return sizes.map(({ name, concurrency, warm }) => {
    const ofDay = (kind: "invocations" | "milliseconds billed"): number =>
      (perEvent[kind][name] ?? 0) * eventsPerDay + (perDay[kind][name] ?? 0);
    const perSecond = ofDay("invocations") / DAY_SECONDS;
    const seconds = perSecond === 0 ? 0 : ofDay("milliseconds billed") / ofDay("invocations") / 1000;
    return {
      name,
      warm,
      perSecond,
      seconds,
      ...instancesFor({ perSecond, seconds, cpuSeconds, concurrency }),
    };
  });
}
