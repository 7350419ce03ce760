import { CART_IDLE_MS } from "../../test/worlds/cart-world.ts";
import type { Dice } from "../simulate/dice.ts";
import { deliver, fireTimer, sweep } from "./platform-steps.ts";
import { leaseReminder, sendReminder } from "./reminder-steps.ts";
import type { Trip } from "./trip.ts";

/** Dice without any failure. */
const NO_FAILURES: Dice = {
  chance: () => false,
  below: () => 0,
  between: least => least,
  pick: from => from[0],
  popular: () => 0,
};

/** Rounds without a change after which the trip is finished. */
const QUIET_ROUNDS = 8;

/** Finishes all open work of a trip, without further failures. */
export function finishTrip(trip: Trip): void {
  for (let quiet = 0; quiet < QUIET_ROUNDS; quiet += 1) {
    const before = JSON.stringify([trip.world, [...trip.reminders]]);
    deliverAll(trip);
    trip.nowMs += 10 * CART_IDLE_MS;
    sweep(trip, NO_FAILURES);
    while (trip.world.tasks.some(({ dueMs }) => dueMs <= trip.nowMs)) fireTimer(trip, NO_FAILURES);
    deliverAll(trip);
    for (const [key] of trip.reminders) finishReminder(trip, key);
    if (before !== JSON.stringify([trip.world, [...trip.reminders]])) quiet = 0;
  }
}

function deliverAll(trip: Trip): void {
  while (trip.messages.length > 0) deliver(trip, NO_FAILURES);
}

function finishReminder(trip: Trip, key: string): void {
  const reminder = trip.reminders.get(key);
  if (!reminder || reminder.dueMs > trip.nowMs) return;
  const others = new Map(trip.reminders);
  trip.reminders = new Map([[key, reminder]]);
  leaseReminder(trip, NO_FAILURES);
  trip.reminders = new Map([...others, ...trip.reminders]);
  while (trip.sending.length > 0) sendReminder(trip, NO_FAILURES);
}
