import { config } from "../config.ts";
import { PermanentError } from "../errors.ts";
import { toMinor } from "../values/money.ts";

/** What an event says in decimals, in minor units; without a currency it is the shop's own. */
export function eventMoney(
  amount: number,
  currency: string = config().defaultCurrency,
): { amount_minor: number; currency: string } {
  const minor = toMinor(amount, currency);
  if (minor !== undefined) return { amount_minor: minor, currency };
  // Rounding would be a guess, and every try would find the same.
  throw new PermanentError(
    `the event names an amount that ${currency} cannot have: it has more decimals, or too many digits`,
  );
}
