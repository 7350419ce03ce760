import { MAX_MONEY } from "./limits.ts";

/**
 * Money travels as decimals (89.99) and is held as integer minor units (8999). The decimal point moves in the text
 * of the number, never by a multiplication: 89.99 * 100 is 8998.999999999998.
 */

/** Currencies whose minor unit is not a hundredth. Source: ISO 4217 list one, column "Minor unit". */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"].map(code => [code, 0] as const),
  ...["RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"].map(code => [code, 0] as const),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map(code => [code, 3] as const),
  ...["CLF", "UYW"].map(code => [code, 4] as const),
]);

const DEFAULT_DIGITS = 2;

/**
 * The largest amount: 15 digits, because a double carries every decimal number of 15 digits unharmed and some
 * of 16 not (source: IEEE 754, DBL_DIG). Up to here decimals and minor units are one to one.
 */
export const MAX_MINOR = MAX_MONEY;

/**
 * How far from a whole minor unit an amount may be and still be meant as it. Other systems add and multiply prices as
 * doubles: 89.99 * 3 is 269.96999999999997. No price is a millionth of a cent away from a whole one.
 */
const NOISE_MINOR = 1e-6;

/** How many decimals an amount in this ISO 4217 currency may have. A code that is not listed has two. */
export function minorDigits(currency: string): number {
  return DIGITS.get(currency) ?? DEFAULT_DIGITS;
}

/**
 * The amount in minor units: 89.99 USD is 8999, 100 JPY is 100, and so is what only a double's noise keeps from it.
 * Undefined when the amount cannot be that currency: more decimals than it has (9.999 USD: a rounded price would be a
 * guess), not finite, or beyond MAX_MINOR.
 */
export function toMinor(amount: number, currency: string): number | undefined {
  const [mantissa = "", exponent = "0"] = String(amount).split("e");
  const shifted = Number(`${mantissa}e${Number(exponent) + minorDigits(currency)}`);
  // What is below zero by noise alone would be -0.
  const minor = Math.round(shifted) + 0;
  return isMinor(minor) && Math.abs(shifted - minor) <= NOISE_MINOR ? minor : undefined;
}

/**
 * The decimal amount of so many minor units: 8999 USD is 89.99.
 * Throws RangeError when `minor` is not an integer up to MAX_MINOR: such a value never came from toMinor.
 */
export function fromMinor(minor: number, currency: string): number {
  if (!isMinor(minor)) {
    throw new RangeError(
      `Expected an integer of minor units up to ${MAX_MINOR}, received ${minor}. Convert with toMinor first.`,
    );
  }
  return Number(`${minor}e-${minorDigits(currency)}`);
}

/** `unitMinor * quantity`, or undefined when that is beyond MAX_MINOR. */
export function timesMinor(unitMinor: number, quantity: number): number | undefined {
  const product = unitMinor * quantity;
  return isMinor(product) ? product : undefined;
}

/** The sum, or undefined when one part is missing or the sum is beyond MAX_MINOR. */
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
