import { MAX_QUANTITY } from "../../events/limits.ts";

/** Stock is filled up to so many times the threshold: less, and the next order follows at once. */
const FILL_UP_TO = 2;

/** How many to order when stock fell to its threshold: what is missing, and what is owed to customers. */
export function reorderQuantity(stock: { current_stock: number; threshold: number }): number {
  const missing = FILL_UP_TO * stock.threshold - stock.current_stock;
  return Math.min(Math.max(missing, 1), MAX_QUANTITY);
}
