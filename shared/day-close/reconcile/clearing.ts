import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import { toMinor } from "../../values/money.ts";
import type { OrderEvidence } from "./order-evidence.ts";

/** Prefix of the sums of clearing pairs: the pair, its currency and the day since which it is open. */
export const CLEARING = "clearing ";
/** Prefix of the sums of all money and of the explained money, by currency. */
export const MONEY = "money ";

/**
 * Adds up the clearing pairs of an order by its latest balance. A pair is open when money is due, a paid parcel waits,
 * or money has to go back. The money of an order counts as explained when its documents agree.
 */
export function clearingSums(
  { balances }: Pick<OrderEvidence, "balances">,
  { agrees }: { agrees: boolean },
): Sums {
  const sums: Sums = new Map();
  const latest = balances.at(-1);
  if (!latest) return sums;
  const day = latest.event.received_at.slice(0, 10);
  const { state, shipment } = latest.fact;
  const open = (pair: string, currency: string, amount: number) => {
    const minor = toMinor(amount, currency) ?? 0;
    if (minor > 0) addEntries(sums, [[`${CLEARING}${pair}|${currency}|${day}`, { minor, orders: 1 }]]);
  };
  for (const { currency, total = 0, paid, refunded, still_due, owed_back } of latest.fact.balances) {
    const all = toMinor(Math.max(total, paid), currency) ?? 0;
    addEntries(sums, [[`${MONEY}${currency}`, { all, explained: agrees ? all : 0 }]]);
    open("placed and paid", currency, still_due);
    open(state === "cancelled" ? "cancelled and given back" : "paid and given back", currency, owed_back);
    if (shipment === "requested") open("paid and shipped", currency, paid - refunded);
  }
  return sums;
}
