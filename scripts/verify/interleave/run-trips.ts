import { createDice } from "../simulate/dice.ts";
import {
  add,
  buyElsewhere,
  buyNow,
  checkOut,
  logIn,
  pay,
  remove,
  reportAbandoned,
} from "./customer-steps.ts";
import { faultsOf } from "./faults.ts";
import { finishTrip } from "./finish-trip.ts";
import { deliver, fireTimer, passTime, sweep } from "./platform-steps.ts";
import { leaseReminder, sendReminder } from "./reminder-steps.ts";
import type { TripStep } from "./trip.ts";
import { newTrip } from "./trip.ts";

/** All steps of a trip. Common steps are listed several times, so the dice choose them more often. */
const STEPS: readonly [TripStep, ...TripStep[]] = [
  ...([add, add, add] as const),
  remove,
  logIn,
  checkOut,
  buyNow,
  buyElsewhere,
  reportAbandoned,
  pay,
  ...Array<TripStep>(6).fill(deliver),
  ...Array<TripStep>(4).fill(fireTimer),
  ...Array<TripStep>(4).fill(leaseReminder),
  ...Array<TripStep>(4).fill(sendReminder),
  ...Array<TripStep>(5).fill(passTime),
  sweep,
];

const MIN_STEPS = 10;
const MAX_STEPS = 100;

/** The result of one trip. */
export interface TripResult {
  seed: number;
  /** The names of its steps. */
  steps: string[];
  /** The final states of its reminders. */
  reminders: string[];
  /** Empty: all properties hold. */
  faults: string[];
}

/**
 * Runs one trip to its end; the seed decides its steps.
 * @param lacksGuard true: reminders are sent without a look at the cart
 */
export function runTrip(seed: number, lacksGuard = false): TripResult {
  const dice = createDice(seed, "shopping");
  const trip = newTrip(lacksGuard);
  const steps: string[] = [];
  for (let left = dice.between(MIN_STEPS, MAX_STEPS); left > 0; left -= 1) {
    const step = dice.pick(STEPS);
    steps.push(step.name);
    step(trip, dice);
  }
  finishTrip(trip);
  return {
    seed,
    steps,
    reminders: [...trip.reminders.values()].map(({ state }) => state),
    faults: faultsOf(trip),
  };
}

/**
 * Runs `times` trips with consecutive seeds, and passes each trip with a fault to `onFault`.
 * @returns the number of reminders by final state
 */
export function runTrips(
  { seed, times }: { seed: number; times: number },
  onFault: (result: TripResult) => void,
): Record<string, number> {
  const reminders: Record<string, number> = {};
  for (let n = seed; n < seed + times; n += 1) {
    const result = runTrip(n);
    if (result.faults.length > 0) onFault(result);
    for (const state of result.reminders) reminders[state] = (reminders[state] ?? 0) + 1;
  }
  return reminders;
}
