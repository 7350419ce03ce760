/**
 * Low stock. Stock crosses two marks on its way down: its threshold, and zero. Each crossing gives one alert. Another
 * alert needs a stock above its mark in between. A sale below zero gives none.
 */

/** The document `stock_levels/{product_id}`: the result of the latest check of the stock. */
export interface StockLevel {
  /** True from a crossing of the threshold until stock is above the threshold again. */
  low: boolean;
  /** True from a crossing of zero until stock is above zero again. Never true without `low`. */
  sold_out: boolean;
  /** Number of alerts so far. Stock that falls below both marks between two checks gives one. */
  crossings: number;
}

/** A product's stock at the time of a check. */
export interface SeenStock {
  quantity: number;
  /** Null: no alerts for this product, also none at zero. */
  threshold: number | null;
}

export interface LowStockAlert {
  current_stock: number;
  threshold: number;
}

/**
 * Creates the level of a new product. A low opening stock is no crossing: the operator who entered it knows it. Zero is
 * never crossed at the opening. A product that opens low alerts when it sells out. A product that opens empty
 * alerts when it owes its first unit.
 */
export function openLevel(seen: SeenStock): StockLevel {
  return { low: isLow(seen), sold_out: false, crossings: 0 };
}

/**
 * Compares the stock with both marks. A threshold raised to the stock or above it is a crossing too.
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
  const sold_out = low && quantity <= 0;
  if (low === level.low && sold_out === level.sold_out) return { level };
  const marked = { ...level, low, sold_out };
  const isCrossing = (low && !level.low) || (sold_out && !level.sold_out);
  if (!isCrossing || threshold === null) return { level: marked };
  return {
    level: { ...marked, crossings: level.crossings + 1 },
    alert: { current_stock: quantity, threshold },
  };
}

/**
 * Clears both marks when a supplier order closes, and when a product gets its first supplier. Stock that is low then
 * alerts once more. Without that, no crossing would ask for the missing units.
 */
export function watchAgain(level: StockLevel): StockLevel {
  return { ...level, low: false, sold_out: false };
}

/** Tells whether stock is at its threshold or below it. */
export function isLow({ quantity, threshold }: SeenStock): boolean {
  return threshold !== null && quantity <= threshold;
}
