/**
 * Commission of an affiliate, in hundredths of a percent of the purchase: a tenth. No source fixes a rate. A tenth is
 * easy to check by hand.
 */
export const COMMISSION_BASIS_POINTS = 1_000;

/** Calculates the commission in minor units, rounded down: never more than the share. */
export function commissionOf(amountMinor: number): number {
  // A number does not hold the product of a large amount exactly, so BigInt does the multiplication.
  return Number((BigInt(amountMinor) * BigInt(COMMISSION_BASIS_POINTS)) / 10_000n);
}
