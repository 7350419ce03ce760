import type { LogEntry, Trip } from "./trip.ts";

/** Finds broken properties from the log and the final state, without a call of the rules under test. */
export function faultsOf(trip: Trip): string[] {
  return [
    ...remindedAfterPurchase(trip),
    ...remindedOfBought(trip),
    ...remindedAgain(trip),
    ...deliveredTwice(trip),
    ...forgotten(trip),
  ];
}

/** Finds leases for a cycle that a checkout closed before. */
function remindedAfterPurchase({ log }: Trip): string[] {
  return log.flatMap((entry, index) => {
    if (entry.kind !== "lease") return [];
    const closed = log
      .slice(0, index)
      .flatMap(other => (other.kind === "bought" && other.closed ? [other.closed] : []))
      .findLast(({ cart_id }) => cart_id === entry.cart_id);
    const isVoid = closed !== undefined && entry.cycle <= closed.cycle;
    return isVoid ? [`${entry.cart_id}, cycle ${entry.cycle}: reminder leased after the purchase`] : [];
  });
}

/** Finds leases of a product that a user bought before, in any cart, and did not add again. */
function remindedOfBought({ log }: Trip): string[] {
  return log.flatMap((lease, index) => {
    if (lease.kind !== "lease") return [];
    const before = log.slice(0, index);
    return lease.products
      .filter(product => isBought(product, lease, before))
      .map(product => `${lease.cart_id}: reminder of ${product} leased after the purchase of ${product}`);
  });
}

type Lease = LogEntry & { kind: "lease" };

function isBought(product: string, lease: Lease, before: readonly LogEntry[]): boolean {
  const adds = before.filter(entry => entry.kind === "added");
  const added = adds.filter(({ cart_id, product_id }) => cart_id === lease.cart_id && product_id === product);
  const addedMs = lease.reported_ms ?? Math.max(...added.map(({ at_ms }) => at_ms));
  return before.some(
    entry =>
      entry.kind === "bought" &&
      lease.users.includes(entry.user_id) &&
      (entry.products.length === 0 || entry.products.includes(product)) &&
      entry.at_ms >= addedMs,
  );
}

/** Finds two reminders of the same products. A trip is shorter than seven days. */
function remindedAgain({ log }: Trip): string[] {
  const leases = log.filter(entry => entry.kind === "lease");
  const bySet = Map.groupBy(leases, ({ products }) => products.toSorted().join());
  return [...bySet].flatMap(([products, same]) => {
    const reminders = new Set(same.map(({ cart_id, cycle }) => `${cart_id}/${cycle}`));
    return reminders.size > 1 ? [`${[...reminders].join(" and ")}: both remind of ${products}`] : [];
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
