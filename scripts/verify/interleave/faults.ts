import type { Trip } from "./trip.ts";

/** Finds broken properties from the log and the final state, without a call of the rules under test. */
export function faultsOf(trip: Trip): string[] {
  return [...remindedAfterPurchase(trip), ...deliveredTwice(trip), ...forgotten(trip)];
}

/** Finds leases for a cycle that was bought before. */
function remindedAfterPurchase({ log }: Trip): string[] {
  return log.flatMap((entry, index) => {
    if (entry.kind !== "lease") return [];
    const bought = log.findLastIndex(
      (other, at) => at < index && other.kind === "bought" && other.cart_id === entry.cart_id,
    );
    const purchase = log[bought];
    const isVoid = purchase?.kind === "bought" && entry.cycle <= purchase.cycle;
    return isVoid ? [`${entry.cart_id}, cycle ${entry.cycle}: reminder leased after the purchase`] : [];
  });
}

/** Finds reminders that were delivered twice, or delivered after their state was sent. */
function deliveredTwice({ log, reminders }: Trip): string[] {
  const afterSent = log.flatMap(entry =>
    entry.kind === "delivered" && entry.wasSent
      ? [`${entry.cart_id}, cycle ${entry.cycle}: delivered after the reminder was sent`]
      : [],
  );
  const twice = [...reminders].flatMap(([key, { delivered }]) =>
    delivered > 1 ? [`${key}: delivered ${delivered} times, expected at most 1`] : [],
  );
  return [...afterSent, ...twice];
}

/** Finds open carts with items, abandoned carts without a reminder, and unfinished reminders. */
function forgotten({ world, reminders }: Trip): string[] {
  const carts = Object.values(world.carts).flatMap(({ cart_id, status, lines, cycle }) => {
    if (lines.length === 0) return [];
    if (status === "open") return [`${cart_id}: still open, expected to be abandoned`];
    const isPlanned = reminders.has(`${cart_id}/${cycle}`);
    return isPlanned ? [] : [`${cart_id}, cycle ${cycle}: abandoned without a planned reminder`];
  });
  const open = [...reminders].flatMap(([key, { state }]) =>
    state === "planned" || state === "sending"
      ? [`${key}: reminder still ${state}, expected a final state`]
      : [],
  );
  return [...carts, ...open];
}
