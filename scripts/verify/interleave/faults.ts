import type { Shopping } from "./open-shop.ts";

/** What must never be, told from the log and from what is left at the end: none of it asks the rules. */
export function faultsOf(shopping: Shopping): string[] {
  return [...remindedAfterPurchase(shopping), ...sentTwice(shopping), ...forgotten(shopping)];
}

/** A lease for a cycle that was bought, with nothing put into the cart in between. */
function remindedAfterPurchase({ log }: Shopping): string[] {
  return log.flatMap((entry, index) => {
    if (entry.kind !== "lease") return [];
    const bought = log.findLastIndex(
      (other, at) => at < index && other.kind === "bought" && other.cart_id === entry.cart_id,
    );
    const purchase = log[bought];
    const isVoid = purchase?.kind === "bought" && entry.cycle <= purchase.cycle;
    return isVoid
      ? [`${entry.cart_id}, cycle ${entry.cycle}: a reminder was decided after it was bought`]
      : [];
  });
}

/** The world sees a reminder once at most, and never again after it counts as sent. */
function sentTwice({ log, reminders }: Shopping): string[] {
  const again = log.flatMap(entry =>
    entry.kind === "seen" && entry.wasSent
      ? [`${entry.cart_id}, cycle ${entry.cycle}: sent after it was sent`]
      : [],
  );
  const twice = [...reminders].flatMap(([key, { seen }]) =>
    seen > 1 ? [`${key} was seen ${seen} times`] : [],
  );
  return [...again, ...twice];
}

/** In the end no cart with something in it waits for nothing, and no reminder for nobody. */
function forgotten({ world, reminders }: Shopping): string[] {
  const carts = Object.values(world.carts).flatMap(({ cart_id, status, lines, cycle }) => {
    if (lines.length === 0) return [];
    if (status === "open") return [`${cart_id} was left alone and nobody noticed`];
    const isPlanned = reminders.has(`${cart_id}/${cycle}`);
    return isPlanned ? [] : [`${cart_id}, cycle ${cycle} was abandoned and no reminder planned`];
  });
  const open = [...reminders].flatMap(([key, { state }]) =>
    state === "planned" || state === "sending" ? [`the reminder ${key} is ${state} for ever`] : [],
  );
  return [...carts, ...open];
}
