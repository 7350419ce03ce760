import { MAX_QUANTITY } from "../../events/limits.ts";

/** Target stock of a reorder, in multiples of the threshold. With a lower target the next order would follow at once. */
const TARGET_THRESHOLDS = 2;

/**
 * Calculates the quantity to order when stock fell to its threshold. A stock below zero is owed to customers, and is
 * ordered on top.
 */
export function reorderQuantity(stock: { current_stock: number; threshold: number }): number {
  const missing = TARGET_THRESHOLDS * stock.threshold - stock.current_stock;
  return Math.min(Math.max(missing, 1), MAX_QUANTITY);
}
