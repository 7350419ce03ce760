/**
 * What an affiliate gets of a purchase it brought: a tenth. No source fixes a rate; a tenth is usual for what costs
 * nothing to deliver, and is easy to check by hand.
 */
export const COMMISSION_BASIS_POINTS = 1_000;

/** The commission in minor units, rounded down: never more than the share. */
export function commissionOf(amountMinor: number): number {
  // The product of a large amount is beyond what a number holds exactly.
  return Number((BigInt(amountMinor) * BigInt(COMMISSION_BASIS_POINTS)) / 10_000n);
}
