/**
 * Events carry money as decimals (89.99); documents hold integer minor units (8999). A conversion moves the decimal
 * point in the text of the number. A multiplication would be inexact: 89.99 * 100 is 8998.999999999998.
 */
import { minorDigits } from "./currencies.ts";
import { MAX_MONEY } from "./limits.ts";

/**
 * The largest amount in minor units: 15 digits. A decimal of up to 15 digits survives the
 * conversion to a double and back. One of 16 digits may not (source: IEEE 754, DBL_DIG).
 */
export const MAX_MINOR = MAX_MONEY;

/**
 * Max distance of an amount from a whole minor unit that counts as a rounding error, in minor units. Other systems
 * add and multiply prices as doubles: 89.99 * 3 is 269.96999999999997. No real price is a millionth of a cent off.
 */
const ROUNDING_ERROR_MINOR = 1e-6;

/**
 * Converts a decimal amount to minor units: 89.99 USD is 8999, 100 JPY is 100. Rounding errors of doubles are removed.
 * @returns undefined when the amount is not finite, exceeds MAX_MINOR or has more decimals than its currency.
 * Rounding 9.999 USD would be a guess.
 */
export function toMinor(amount: number, currency: string): number | undefined {
  const [mantissa = "", exponent = "0"] = String(amount).split("e");
  const shifted = Number(`${mantissa}e${Number(exponent) + minorDigits(currency)}`);
  // Adding 0 turns -0 into 0: a rounding error below zero rounds to -0.
  const minor = Math.round(shifted) + 0;
  return isMinor(minor) && Math.abs(shifted - minor) <= ROUNDING_ERROR_MINOR ? minor : undefined;
}

/**
 * Converts minor units to a decimal amount: 8999 USD is 89.99.
 * @throws RangeError when `minor` is not an integer up to MAX_MINOR; toMinor never returns such a value
 */
export function fromMinor(minor: number, currency: string): number {
  if (!isMinor(minor)) {
    throw new RangeError(
      `amount is not in minor units: expected an integer up to ${MAX_MINOR}, got ${minor}; convert it with toMinor first`,
    );
  }
  return Number(`${minor}e-${minorDigits(currency)}`);
}

/**
 * Multiplies a price by a quantity.
 * @returns undefined when the product exceeds MAX_MINOR
 */
export function timesMinor(unitMinor: number, quantity: number): number | undefined {
  const product = unitMinor * quantity;
  return isMinor(product) ? product : undefined;
}

/**
 * Adds amounts.
 * @returns undefined when a part is missing or the sum exceeds MAX_MINOR
 */
export function sumMinor(parts: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const part of parts) {
    if (part === undefined) return undefined;
    sum += part;
    if (!isMinor(sum)) return undefined;
  }
  return sum;
}

function isMinor(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= MAX_MINOR;
}
