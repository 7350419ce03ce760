import { toMinor } from "../values/money.ts";
import { invalidBody } from "./valid-body.ts";

/**
 * Converts a decimal amount of a body to minor units.
 * @param pointer the place of the amount in the body
 * @throws Problem 422 when the currency cannot have the amount
 */
export function bodyMoney(
  amount: number,
  { currency, pointer }: { currency: string; pointer: string },
): number {
  const minor = toMinor(amount, currency);
  if (minor !== undefined) return minor;
  throw invalidBody([{ pointer, expected: `an amount that ${currency} can have`, received: String(amount) }]);
}
