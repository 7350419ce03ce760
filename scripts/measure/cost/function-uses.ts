import type { Declaration } from "../../../shared/pipeline/declaration.ts";
import { CPU, isAwaited, MEMORY, SIZES } from "../../deploy/functions.ts";
import type { DayUnits } from "./count-day.ts";
import type { InstancesNeeded } from "./instances.ts";
import { instancesFor } from "./instances.ts";
import { sumOf } from "./tally.ts";

/** One function under so many events. */
export interface FunctionUse extends InstancesNeeded {
  name: string;
  perSecond: number;
  seconds: number;
  /** Instances of it that are there even when nobody calls. */
  warm: number;
}

export type FunctionSize = Pick<FunctionUse, "name" | "warm"> & { concurrency: number };

export const INSTANCE = { cpus: CPU, gib: Number.parseInt(MEMORY, 10) / 1024 } as const;

const DAY_SECONDS = 24 * 60 * 60;

export function sizeOf(declaration: Declaration): FunctionSize {
  const { concurrency } = SIZES[declaration.kind];
  return { name: declaration.name, concurrency, warm: isAwaited(declaration) ? 1 : 0 };
}

/** What each function is asked for. The processor's time was counted for all of them together, and is shared out evenly. */
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
