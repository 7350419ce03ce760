/**
 * Low stock. Each crossing of the threshold gives one alert: stock falls to the threshold or below it. The next alert
 * needs a stock above the threshold in between.
 */

/** The document `stock_levels/{product_id}`: the result of the latest check of the stock. */
export interface StockLevel {
  /** True from a crossing until stock is above the threshold again. */
  low: boolean;
  /** Number of downward crossings so far. */
  crossings: number;
}

/** A product's stock at the time of a check. */
export interface SeenStock {
  quantity: number;
  /** Null: no alerts for this product. */
  threshold: number | null;
}

export interface LowStockAlert {
  current_stock: number;
  threshold: number;
}

/** Creates the level of a new product. A low opening stock is no crossing: the operator who entered it knows it. */
export function openLevel(seen: SeenStock): StockLevel {
  return { low: isLow(seen), crossings: 0 };
}

/**
 * Compares the stock with the threshold. A threshold raised to the stock or above it is a crossing too.
 *
 * Stock is changed by increments that do not read it, so the level is checked afterwards. Two checks cannot both alert
 * when each reads the quantity, and reads and writes `level`, in one transaction. A dip that recovers between two
 * checks is not noticed.
 * @returns `level`: the object that was passed in when there is nothing to write
 */
export function observeLevel(
  level: StockLevel,
  seen: SeenStock,
): { level: StockLevel; alert?: LowStockAlert } {
  const { quantity, threshold } = seen;
  const low = isLow(seen);
  if (low === level.low) return { level };
  if (!low || threshold === null) return { level: { ...level, low } };
  const crossed = { low, crossings: level.crossings + 1 };
  return { level: crossed, alert: { current_stock: quantity, threshold } };
}

function isLow({ quantity, threshold }: SeenStock): boolean {
  return threshold !== null && quantity <= threshold;
}
