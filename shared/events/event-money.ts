import { config } from "../config.ts";
import { PermanentError } from "../errors.ts";
import { toMinor } from "../values/money.ts";

/**
 * Converts an event's decimal amount to minor units.
 * @param currency the event's currency; the configured default when the event names none
 * @throws PermanentError when the currency cannot have the amount: rounding would be a guess, and no retry helps
 */
export function eventMoney(
  amount: number,
  currency: string = config().defaultCurrency,
): { amount_minor: number; currency: string } {
  const minor = toMinor(amount, currency);
  if (minor !== undefined) return { amount_minor: minor, currency };
  throw new PermanentError(
    `event amount does not fit ${currency}: expected fewer decimals or fewer digits; correct the producer`,
  );
}
