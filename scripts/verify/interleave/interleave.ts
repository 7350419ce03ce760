import { createDice } from "../simulate/dice.ts";
import { faultsOf } from "./faults.ts";
import { openShop } from "./open-shop.ts";
import { comeToRest, STEPS } from "./shopping.ts";

const MOST_STEPS = 100;

export interface Told {
  seed: number;
  steps: string[];
  reminders: string[];
  faults: string[];
}

/** One shopping trip, chosen by its seed, to its end. */
export function tell(seed: number, isCareless = false): Told {
  const dice = createDice(seed, "shopping");
  const shopping = openShop(isCareless);
  const steps: string[] = [];
  for (let left = dice.between(10, MOST_STEPS); left > 0; left -= 1) {
    const step = dice.pick(STEPS);
    steps.push(step.name);
    step(shopping, dice);
  }
  comeToRest(shopping);
  return {
    seed,
    steps,
    reminders: [...shopping.reminders.values()].map(({ state }) => state),
    faults: faultsOf(shopping),
  };
}

/** So many trips from a seed on; calls `found` with each that went wrong, and counts how the reminders ended. */
export function tellMany(
  { seed, times }: { seed: number; times: number },
  found: (told: Told) => void,
): Record<string, number> {
  const ends: Record<string, number> = {};
  for (let n = seed; n < seed + times; n += 1) {
    const told = tell(n);
    if (told.faults.length > 0) found(told);
    for (const end of told.reminders) ends[end] = (ends[end] ?? 0) + 1;
  }
  return ends;
}
